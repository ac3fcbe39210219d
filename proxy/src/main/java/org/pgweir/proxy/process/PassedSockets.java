package org.pgweir.proxy.process;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listening sockets that the service manager has opened and passed to this process: systemd's socket activation. See
 * sd_listen_fds(3).
 */
public final class PassedSockets {
    private static final Logger LOG = LoggerFactory.getLogger(PassedSockets.class);

    /** Where they begin, by convention. */
    private static final int FIRST = 3;

    /** Far more than anybody passes; else a wrong number would fill the memory and the log. */
    private static final int MOST = 1000;

    private PassedSockets() {}

    /**
     * Their descriptors, as the environment tells; none if they are not meant for this process.
     *
     * @throws IOException with a message for the operator, if there are too many
     */
    public static List<Integer> ofEnvironment() throws IOException {
        return of(System.getenv(), ProcessHandle.current().pid());
    }

    static List<Integer> of(Map<String, String> environment, long pid) throws IOException {
        long count = number(environment.get("LISTEN_FDS"));
        if (count <= 0 || number(environment.get("LISTEN_PID")) != pid) {
            return List.of();
        }
        if (count > MOST) {
            throw new IOException("LISTEN_FDS is " + count + ": no more than " + MOST
                    + " sockets may be passed from the service manager");
        }
        String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":");
        List<Integer> descriptors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            descriptors.add(FIRST + i);
            String name = i < names.length && !names[i].isEmpty() ? ", " + names[i] : "";
            LOG.info("socket passed from service manager (fd {}{})", FIRST + i, name);
        }
        return descriptors;
    }

    private static long number(String text) {
        try {
            return text == null ? -1 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
