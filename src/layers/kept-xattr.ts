/** What a layer carries: capabilities and attributes of users. overlayfs's own and labels of this host are not content. */
export function isKeptXattr(name: string): boolean {
  return name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.'));
}
