import {
  filter,
  flag,
  text,
  type FilterOption,
  type FlagOption,
  type TextOption,
} from '../arguments/options.ts';
import type { Text } from '../languages/text.ts';

const formatHelp: Text = {
  en: `Format output using a custom template:
'table':            Print output in table format with column headers (default)
'table TEMPLATE':   Print output in table format using the given Go template
'json':             Print in JSON format
'TEMPLATE':         Print output using the given Go template`,
  zh: `按自定义模板输出：
'table':            以带表头的表格输出（默认）
'table TEMPLATE':   用给定的 Go 模板输出表格
'json':             以 JSON 格式输出
'TEMPLATE':         用给定的 Go 模板输出`,
};

const inspectFormatHelp: Text = {
  en: `Format output using a custom template:
'json':             Print in JSON format
'TEMPLATE':         Print output using the given Go template`,
  zh: `按自定义模板输出：
'json':             以 JSON 格式输出
'TEMPLATE':         用给定的 Go 模板输出`,
};

export const tableFormat = (): TextOption => text(formatHelp);
/** For a command that prints one thing after the other, and no table. */
export const plainFormat = (): TextOption => text(inspectFormatHelp);
export const inspectFormat = (): TextOption => text(inspectFormatHelp, { short: 'f' });

export const listFilter = (): FilterOption =>
  filter({ en: 'Filter output based on conditions provided', zh: '按条件过滤输出' }, { short: 'f' });

export const noTruncate = (): FlagOption => flag({ en: "Don't truncate output", zh: '不截断输出' });

export const quietIds = (text: Text): FlagOption => flag(text, { short: 'q' });
