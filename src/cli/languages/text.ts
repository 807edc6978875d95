/** The languages Lamella speaks. English comes first wherever one must be chosen. */
export type Language = 'en' | 'zh';

/** One text in each of them. */
export type Text = Readonly<Record<Language, string>>;
