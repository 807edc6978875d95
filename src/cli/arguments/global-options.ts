import { flag, text, type OptionTable, type FlagOption, type TextOption } from './options.ts';

interface GlobalOptions extends OptionTable {
  readonly root: TextOption;
  readonly 'storage-driver': TextOption;
  readonly lang: TextOption;
  readonly progress: TextOption;
  readonly json: FlagOption;
  readonly debug: FlagOption;
  readonly version: FlagOption;
}

/** Options that stand before the command. */
export const globalOptions: GlobalOptions = {
  root: text({
    en: 'Where images and containers are kept (or LAMELLA_ROOT)',
    zh: '镜像和容器的存放目录（或 LAMELLA_ROOT）',
  }),
  'storage-driver': text(
    {
      en: 'How layers are mounted: "erofs" or "overlay" (chosen by trying when not given)',
      zh: '镜像层的挂载方式："erofs" 或 "overlay"（未指定时自动探测）',
    },
    { choices: ['erofs', 'overlay'] },
  ),
  lang: text(
    {
      en: 'Language of messages: "en" or "zh" (or LAMELLA_LANG)',
      zh: '消息语言："en" 或 "zh"（或 LAMELLA_LANG）',
    },
    { choices: ['en', 'zh'] },
  ),
  progress: text(
    {
      en: 'How progress is shown: "auto", "plain", "json" or "none"',
      zh: '进度显示方式："auto"、"plain"、"json" 或 "none"',
    },
    { choices: ['auto', 'plain', 'json', 'none'], default: 'auto' },
  ),
  json: flag({ en: 'Print errors as JSON', zh: '以 JSON 格式输出错误' }),
  debug: flag({ en: 'Show where an error came from', zh: '显示错误的来源' }, { short: 'D' }),
  version: flag({ en: 'Print version information and quit', zh: '显示版本信息并退出' }, { short: 'v' }),
};
