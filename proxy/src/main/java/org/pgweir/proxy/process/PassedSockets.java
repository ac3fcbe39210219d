package org.pgweir.proxy.process;

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

    private PassedSockets() {}

    /** Their descriptors, as the environment tells; none if they are not meant for this process. */
    public static List<Integer> ofEnvironment() {
        return of(System.getenv(), ProcessHandle.current().pid());
    }

    static List<Integer> of(Map<String, String> environment, long pid) {
        long count = number(environment.get("LISTEN_FDS"));
        if (count <= 0 || number(environment.get("LISTEN_PID")) != pid) {
            return List.of();
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
