/** What proves to a registry who asks. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token (`identitytoken` in Docker's config.json). */
  | { readonly kind: 'identity-token'; readonly username: string; readonly token: string }
  /** Sent as it is, as `Authorization: Bearer` (`registrytoken` in Docker's config.json). */
  | { readonly kind: 'registry-token'; readonly token: string };

/** Where a credential is kept. `sealed`: encrypted by us; `helper`: by a program of Docker's protocol; `plain`: as Docker does. */
export type CredentialPlace =
  | { readonly kind: 'sealed'; readonly path: string }
  | { readonly kind: 'helper'; readonly helper: string }
  | { readonly kind: 'plain'; readonly path: string };

/** Reading is all that the client needs. */
export interface CredentialSource {
  /**
   * @param registry domain of a reference (`docker.io`, `localhost:5000`)
   * @param path of the repository: what is kept for a part of the registry counts before what is for all of it
   */
  find(registry: string, path?: string): Promise<Credential | undefined>;
  /**
   * Why the last {@link find} for the registry gave nothing although something may be kept: the helper does not work,
   * the seal cannot be opened, the file is damaged. As Docker does, one then goes on without; a refusal can tell this.
   */
  problem?(registry: string): string | undefined;
}

export interface CredentialStore extends CredentialSource {
  /** @param options.plaintext keep it in config.json as Docker does */
  save(registry: string, credential: Credential, options?: { plaintext?: boolean }): Promise<CredentialPlace>;
  /** Whether there was one. */
  erase(registry: string): Promise<boolean>;
}
