package org.pgweir.proxy.client;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.pgweir.config.Settings;

/**
 * Connections of which nobody knows yet who is at the other end. Everybody can open such connections and then be silent, so there is room
 * for a limited number; when it is full, the one goes whose next message has been owed for longest, and not the one who comes. From any
 * thread.
 *
 * <p>Who is in here may be evicted at any time. Only who takes a client out may go on with it: {@link #heard} tells the client's own loop
 * whether it was the first.
 */
final class Strangers {
    /** Beyond {@code max_client_conn}, for those who have not named themselves yet, or want the console. */
    private static final int MARGIN = 1000;

    private final Set<Client> withoutPlace = new LinkedHashSet<>();
    private final Set<Client> withPlace = new LinkedHashSet<>();

    /** The client owes its startup packet, or wants to be let into the console: it takes none of {@code max_client_conn}. */
    void waitForNameOf(Client client) {
        int limit = client.services().configuration().global().get(Settings.MAX_CLIENT_CONN);
        Client evicted = null;
        synchronized (this) {
            withoutPlace.add(client);
            if (limit > 0 && withoutPlace.size() > limit + MARGIN) {
                evicted = takeFirst(withoutPlace);
            }
        }
        evict(evicted);
    }

    /** The client has a place of {@code max_client_conn}, and owes the proof that it is who it says. */
    synchronized void waitForProofOf(Client client) {
        withPlace.add(client);
    }

    /** The client has sent what it owed; false if it is about to be closed: then nothing more may be done for it. */
    synchronized boolean heard(Client client) {
        return withPlace.remove(client) || withoutPlace.remove(client);
    }

    /** It has proved who it is, or has gone; the same as {@link #heard} for those who are in here. */
    synchronized void forget(Client client) {
        withPlace.remove(client);
        withoutPlace.remove(client);
    }

    /** Ends a client that has a place and owes something; false if there is none. The place is free a moment later. */
    boolean makePlace() {
        Client evicted;
        synchronized (this) {
            evicted = takeFirst(withPlace);
        }
        evict(evicted);
        return evicted != null;
    }

    private static Client takeFirst(Set<Client> clients) {
        Iterator<Client> all = clients.iterator();
        if (!all.hasNext()) {
            return null;
        }
        Client first = all.next();
        all.remove();
        return first;
    }

    private static void evict(Client client) {
        if (client != null) {
            client.loop().post(client::evict);
        }
    }
}
