package org.pgweir.proxy.client;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Makes one object of equal ones, since thousands of clients have the same. From any thread. */
final class OneOfEqual<T> {
    /** Whoever may log in can make them different each time, and of some kilobytes. */
    private static final int MOST = 200;

    private final Map<T, T> known = new ConcurrentHashMap<>();

    /** The first that was equal to this one, as far as that is remembered. */
    T one(T value) {
        T first = known.get(value);
        if (first != null) {
            return first;
        }
        if (known.size() >= MOST) {
            known.clear();
        }
        first = known.putIfAbsent(value, value);
        return first == null ? value : first;
    }
}
