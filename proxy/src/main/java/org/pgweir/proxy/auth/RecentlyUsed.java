package org.pgweir.proxy.auth;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiPredicate;

/** A map that holds so many entries and no more: the one that was not used for longest goes. From any thread. */
final class RecentlyUsed<K, V> {
    private final Map<K, V> entries;

    RecentlyUsed(int capacity) {
        entries = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > capacity;
            }
        };
    }

    /** Null if it is not there. */
    synchronized V get(K key) {
        return entries.get(key);
    }

    /** Returns what was there before; null if nothing was. */
    synchronized V put(K key, V value) {
        return entries.put(key, value);
    }

    synchronized void remove(K key) {
        entries.remove(key);
    }

    synchronized void retain(BiPredicate<K, V> which) {
        entries.entrySet().removeIf(entry -> !which.test(entry.getKey(), entry.getValue()));
    }

    synchronized void clear() {
        entries.clear();
    }

    synchronized int size() {
        return entries.size();
    }
}
