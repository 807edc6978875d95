/** The version of package.json. */
export const version: string = '0.1.0';
