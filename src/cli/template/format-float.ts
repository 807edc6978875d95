/**
 * A float as strconv.FormatFloat writes it.
 *
 * @param precision digits; -1 takes as few as identify the number
 */
export function formatFloat(value: number, verb: 'e' | 'f' | 'g', precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (verb === 'f') return precision < 0 ? expand(value) : value.toFixed(Math.min(precision, 100));
  const exponential = precision < 0 ? value.toExponential() : value.toExponential(Math.min(precision, 100));
  if (verb === 'e') return padExponent(exponential);
  const digits = precision < 0 ? -1 : Math.max(precision, 1);
  const form = digits < 0 ? value.toExponential() : value.toExponential(Math.min(digits - 1, 100));
  const exponent = Number(form.slice(form.indexOf('e') + 1));
  const limit = digits < 0 ? 6 : digits;
  if (exponent < -4 || exponent >= limit) {
    const mantissa = form.slice(0, form.indexOf('e'));
    const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
    return padExponent(`${trimmed}e${exponent < 0 ? '' : '+'}${exponent}`);
  }
  if (digits < 0) return expand(value);
  const fixed = value.toFixed(Math.max(0, Math.min(100, digits - 1 - exponent)));
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
}

function padExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** All digits, no exponent. */
function expand(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return Object.is(value, -0) ? '-0' : text;
  const [mantissa = '', power = '0'] = text.split('e');
  const negative = mantissa.startsWith('-');
  const [whole = '', part = ''] = mantissa.replace('-', '').split('.');
  const digits = whole + part;
  const point = whole.length + Number(power);
  const padded =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : digits.padEnd(point, '0').slice(0, point) + (digits.length > point ? `.${digits.slice(point)}` : '');
  return negative ? `-${padded}` : padded;
}
