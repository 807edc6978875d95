import { flag, text, type FlagOption, type TextOption } from '../arguments/options.ts';

export const platformOption = (): TextOption =>
  text({
    en: 'Set platform if server is multi-platform capable',
    zh: '指定平台，例如 linux/arm64（默认为本机平台）',
  });

/** Docker's old signatures are gone; scripts still say that they do not want them. */
export const contentTrust = (): FlagOption =>
  flag(
    { en: 'Skip image verification (deprecated)', zh: '跳过镜像验证（已弃用）' },
    { default: true, hidden: true },
  );
