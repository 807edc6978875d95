import { characterWidth, displayWidth } from './display-width.ts';

/** Cut to so many terminal columns, with `…` in the last one where something was cut, as Docker does. */
export function ellipsis(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The first twelve digits of an ID or digest. */
export function shortId(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12);
}
