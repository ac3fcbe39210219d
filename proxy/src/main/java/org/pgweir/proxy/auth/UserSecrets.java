package org.pgweir.proxy.auth;

import java.util.List;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.PlainSecret;

/**
 * What is known of a user who wants to log in.
 *
 * @param known whether there is such a user
 * @param secrets any of them proves the user; the newest first. Empty for a user who does not exist, or has none
 */
public record UserSecrets(String user, boolean known, List<Secret> secrets) {
    /** An empty password lets nobody in who has to give one, as in PostgreSQL. */
    public UserSecrets {
        secrets = secrets.stream()
                .filter(secret -> !(secret instanceof PlainSecret plain
                        && plain.password().isEmpty()))
                .toList();
    }

    public static UserSecrets unknown(String user) {
        return new UserSecrets(user, false, List.of());
    }
}
