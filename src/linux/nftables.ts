import { isLamellaError } from '../base/errors.ts';
import { attributeText, NETLINK_NETFILTER, openNetlink } from './netlink.ts';

const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_GETTABLE = 1;
const NFTA_TABLE_NAME = 1;
const NFPROTO_INET = 1;

const messageType = (message: number): number => (NFNL_SUBSYS_NFTABLES << 8) | message;

/** Whether there is a table of that name in the family `inet`: without starting nft(8) for it. */
export function hasTable(name: string): boolean {
  using netlink = openNetlink(NETLINK_NETFILTER);
  try {
    netlink.request({
      doing: `look for table ${name}`,
      type: messageType(NFT_MSG_GETTABLE),
      body: Buffer.concat([Buffer.of(NFPROTO_INET, 0, 0, 0), attributeText(NFTA_TABLE_NAME, name)]),
    });
    return true;
  } catch (error) {
    if (isLamellaError(error, 'not-found')) return false;
    throw error;
  }
}
