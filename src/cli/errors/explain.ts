/**
 * What an error code means, in Chinese: printed under the English text, which is kept because it is what people find
 * when they search. A code that is not here gets no second line.
 */
const explanations: Readonly<Record<string, string>> = {
  'image-not-found': '没有这个镜像。运行 lamella images 查看本地镜像。',
  'container-not-found': '没有这个容器。运行 lamella ps -a 查看所有容器。',
  'image-ambiguous': '镜像 ID 前缀不唯一，请多输入几位。',
  'image-in-use': '镜像正被容器使用，请先删除容器，或使用 -f 强制删除。',
  'image-has-tags': '镜像有多个标签，请按名称删除，或使用 -f 强制删除。',
  'reference-invalid': '镜像名称的格式不正确。',
  'digest-invalid': '摘要的格式不正确。',
  'name-in-use': '容器名称已被占用，请换一个名称或先删除旧容器。',
  'command-not-found': '容器内找不到要运行的命令。',
  'command-not-executable': '容器内的命令不可执行。',
  'no-space': '磁盘空间不足。',
  'too-large': '内容超过允许的大小。',
  'archive-invalid': '归档文件已损坏或格式不受支持。',
};

export function explain(code: string): string | undefined {
  return Object.hasOwn(explanations, code) ? explanations[code] : undefined;
}
