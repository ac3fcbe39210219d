package org.pgweir.proxy.session;

import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The names of settings with a dot in them ({@code app.tenant}) that clients of a pool have been seen to set. PostgreSQL does not list
 * such settings, so behind code whose text nobody sees these are what can be asked for.
 *
 * <p>Each is asked for behind each CALL and DO, so there are not many. Names that one client alone has used, and be it thousands of them,
 * crowd out only each other; those of several clients have room of their own. Of either kind the least recently used gives way. From any
 * thread.
 */
public final class CustomSettings {
    private static final int MOST_OF_ONE = 16;
    private static final int MOST_OF_SEVERAL = 32;

    /** By the name: who has used it. The least recently used first. */
    private final Map<String, Long> ofOne = new LinkedHashMap<>(16, 0.75f, true);

    private final Map<String, Boolean> ofSeveral = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * A client names it.
     *
     * @param client its number
     */
    public synchronized void seen(String name, long client) {
        if (ofSeveral.get(name) != null) {
            return;
        }
        Long first = ofOne.putIfAbsent(name, client);
        if (first != null && first != client) {
            ofOne.remove(name);
            ofSeveral.put(name, true);
            limit(ofSeveral, MOST_OF_SEVERAL);
        } else {
            limit(ofOne, MOST_OF_ONE);
        }
    }

    private static void limit(Map<String, ?> names, int most) {
        if (names.size() > most) {
            Iterator<String> oldest = names.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** These, and those of all clients. */
    public synchronized Collection<String> and(Collection<String> own) {
        Set<String> all = new TreeSet<>(ofOne.keySet());
        all.addAll(ofSeveral.keySet());
        all.addAll(own);
        return all;
    }
}
