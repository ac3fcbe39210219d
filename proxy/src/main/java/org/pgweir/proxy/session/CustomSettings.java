package org.pgweir.proxy.session;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The names of settings with a dot in them ({@code app.tenant}) that clients of a pool have been seen to set. PostgreSQL does not list
 * such settings, so behind code whose text nobody sees these are what can be asked for. From any thread.
 */
public final class CustomSettings {
    /** Each is asked for behind each CALL and DO. */
    private static final int MOST = 50;

    private final Set<String> names = ConcurrentHashMap.newKeySet();

    /** A client names it. */
    public void seen(String name) {
        if (names.size() < MOST) {
            names.add(name);
        }
    }

    /** These, and those of all clients. */
    public Collection<String> and(Collection<String> own) {
        Set<String> all = new TreeSet<>(names);
        all.addAll(own);
        return all;
    }
}
