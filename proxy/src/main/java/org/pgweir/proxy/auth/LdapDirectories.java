package org.pgweir.proxy.auth;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.pgweir.config.LdapOptions;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Workers;
import org.pgweir.proxy.net.Workers.Job;

/** The directories in use, each with workers of its own: one that does not answer holds up only those who ask it. */
public final class LdapDirectories implements AutoCloseable {
    private static final int AT_ONCE = 8;

    private record Asked(LdapDirectory directory, Workers workers) {}

    private final Map<LdapOptions, Asked> directories = new ConcurrentHashMap<>();

    /**
     * Asks whether the password is right.
     *
     * @param refusal gets the reason for the log on the loop; null if the user may come in
     */
    public Job ask(LdapOptions options, String user, String password, Loop loop, Consumer<String> refusal) {
        Asked asked = directories.computeIfAbsent(
                options, key -> new Asked(new LdapDirectory(key), new Workers("pgweir-ldap", AT_ONCE)));
        return asked.workers.run(
                loop,
                () -> {
                    try {
                        return asked.directory.refusal(user, password, Loop.nowNanos());
                    } catch (RuntimeException e) {
                        return "LDAP: " + e;
                    }
                },
                refusal);
    }

    @Override
    public void close() {
        directories.values().forEach(asked -> asked.workers.close());
    }
}
