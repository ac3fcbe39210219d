package org.pgweir.proxy.auth;

import java.util.List;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.PlainSecret;
import org.pgweir.config.UserList;

/**
 * What is known of a user who wants to log in.
 *
 * @param known whether there is such a user
 * @param source where that was looked up; null if it is from {@code auth_file}
 * @param secrets any of them proves the user; the newest first. Empty for a user who does not exist, or has none
 */
public record UserSecrets(String user, boolean known, SecretSource source, List<Secret> secrets) {
    /** An empty password lets nobody in who has to give one, as in PostgreSQL. */
    public UserSecrets {
        secrets = secrets.stream()
                .filter(secret -> !(secret instanceof PlainSecret plain
                        && plain.password().isEmpty()))
                .toList();
    }

    /** Who is in the user list, or not. */
    public static UserSecrets listed(String user, UserList users) {
        return new UserSecrets(user, users.contains(user), null, users.secretsOf(user));
    }

    /** Who was found elsewhere, or not. Who has no secret gets in without one only: by a certificate, a socket, or trust. */
    public static UserSecrets lookedUp(String user, boolean known, SecretSource source, List<Secret> secrets) {
        return new UserSecrets(user, known, source, secrets);
    }
}
