package org.pgweir.proxy.client;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.pgweir.config.Settings;

/**
 * Connections of which nobody knows yet who is at the other end, whatever they wait for. Everybody can open such connections and then be
 * silent, so they take no place of {@code max_client_conn}; there is room for a limited number beside those. When it is full, somebody
 * goes from the largest group of those who have taken equally many steps of a login: whoever has been there for longest. So a crowd that
 * stops somewhere pushes out only its own. From any thread.
 *
 * <p>Who is in here may be evicted at any time. Only who takes a client out may let it in: {@link #forget} tells the client's own loop
 * whether it was the first.
 */
final class Strangers {
    /** Beyond {@code max_client_conn}. */
    private static final int MARGIN = 1000;

    /** It asks for encryption, has it, names itself, and answers twice. */
    private static final int MOST_STEPS = 5;

    /** Those who have taken no step, one, and so on; whose last step is longest ago comes first. */
    private final List<Set<Client>> bySteps = new ArrayList<>();

    private int size;

    Strangers() {
        for (int steps = 0; steps <= MOST_STEPS; steps++) {
            bySteps.add(new LinkedHashSet<>());
        }
    }

    /** Somebody has connected, and said nothing yet. */
    void arrived(Client client) {
        int limit = client.services().configuration().global().get(Settings.MAX_CLIENT_CONN);
        Client evicted = null;
        synchronized (this) {
            bySteps.get(0).add(client);
            size++;
            if (limit > 0 && size > limit + MARGIN) {
                evicted = takeOfLargest();
            }
        }
        if (evicted != null) {
            evicted.loop().post(evicted::evict);
        }
    }

    /** The client has sent something that a login needs. */
    synchronized void progressed(Client client) {
        for (int steps = 0; steps < MOST_STEPS; steps++) {
            if (bySteps.get(steps).remove(client)) {
                bySteps.get(steps + 1).add(client);
                return;
            }
        }
    }

    /**
     * It has proved who it is, brings a cancel request, or has gone.
     *
     * @return false if it is not in here: it is about to be closed to make room, and nothing more may be done for it
     */
    synchronized boolean forget(Client client) {
        for (Set<Client> clients : bySteps) {
            if (clients.remove(client)) {
                size--;
                return true;
            }
        }
        return false;
    }

    private Client takeOfLargest() {
        Set<Client> largest = bySteps.get(0);
        for (Set<Client> clients : bySteps) {
            if (clients.size() > largest.size()) {
                largest = clients;
            }
        }
        Client first = largest.iterator().next();
        largest.remove(first);
        size--;
        return first;
    }
}
