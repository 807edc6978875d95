import { sprint } from '../printf.ts';
import { goString, type GoValue } from '../go-value.ts';
import type { TemplateFunction } from './function.ts';

const htmlEscapes: Readonly<Record<string, string>> = {
  '\u0000': '\uFFFD',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

function escapeHtml(text: string): string {
  return text.replace(/[\u0000"'&<>]/g, (character) => htmlEscapes[character] ?? character);
}

function escapeJs(text: string): string {
  return text.replace(/[\u0000-\u001f\\'"<>&=]/g, (character) => {
    if (character === '\\' || character === "'" || character === '"') return `\\${character}`;
    return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

const escaper = (escape: (text: string) => string): TemplateFunction => ({
  parameters: [],
  rest: 'any',
  call: (...args: GoValue[]) => goString(escape(sprint(args))),
});

export const escapers: Readonly<Record<string, TemplateFunction>> = {
  html: escaper(escapeHtml),
  js: escaper(escapeJs),
  urlquery: escaper(escapeQuery),
};
