package org.pgweir.proxy.client;

import java.util.AbstractCollection;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The clients of one loop, in the order in which they came. An array, since there may be thousands that do nothing: a linked set takes
 * ten times as much for each. On the loop only. Those that leave may do so while the list is walked; those that come may not come then.
 */
final class ClientList extends AbstractCollection<Client> {
    private static final int LEAST = 16;

    /** With holes, where clients have left. */
    private Client[] places = new Client[LEAST];

    private int end;
    private int size;

    @Override
    public boolean add(Client client) {
        if (end == places.length) {
            makeRoom();
        }
        client.place = end;
        places[end++] = client;
        size++;
        return true;
    }

    /** Closes the holes; whoever is here moves a constant number of times on average. */
    private void makeRoom() {
        Client[] from = places;
        if (size > from.length / 2 || size < from.length / 8) {
            places = new Client[Math.max(LEAST, size * 2)];
        }
        end = 0;
        for (Client client : from) {
            if (client != null) {
                client.place = end;
                places[end++] = client;
            }
        }
        Arrays.fill(places, end, places.length, null);
    }

    /** Whether it was there. */
    boolean leave(Client client) {
        if (client.place >= end || places[client.place] != client) {
            return false;
        }
        places[client.place] = null;
        size--;
        return true;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public Iterator<Client> iterator() {
        return new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                while (next < end && places[next] == null) {
                    next++;
                }
                return next < end;
            }

            @Override
            public Client next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return places[next++];
            }
        };
    }
}
