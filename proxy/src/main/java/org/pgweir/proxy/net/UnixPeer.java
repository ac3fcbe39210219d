package org.pgweir.proxy.net;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;

/**
 * The process at the other end of a Unix socket, as the kernel knew it when it connected.
 *
 * @param pid 0 if it is not known: NIO does not tell
 * @param uid -1 if only the name is known: so with NIO
 * @param name null if only the number is known; {@link SystemUsers} knows more
 */
public record UnixPeer(int pid, int uid, String name) {
    private static final UnixPeer NOBODY = new UnixPeer(0, -1, null);
    private static final int OWN_UID = ownUid();
    private static final String OWN_NAME = ownName();

    /** Null if the channel is no Unix socket. Asks the kernel, without waiting. */
    public static UnixPeer of(Channel channel) {
        try {
            if (channel instanceof EpollDomainSocketChannel epoll) {
                return of(epoll.peerCredentials());
            } else if (channel instanceof IoUringDomainSocketChannel uring) {
                return of(uring.peerCredentials());
            } else if (channel instanceof NioDomainSocketChannel nio) {
                UnixDomainPrincipal principal =
                        nio.config().getOption(NioChannelOption.of(ExtendedSocketOptions.SO_PEERCRED));
                return principal == null
                        ? NOBODY
                        : new UnixPeer(0, -1, principal.user().getName());
            }
            return null;
        } catch (IOException | RuntimeException e) {
            // It has gone already, or this Java cannot tell.
            return NOBODY;
        }
    }

    private static UnixPeer of(PeerCredentials credentials) {
        return new UnixPeer(credentials.pid(), credentials.uid(), null);
    }

    /** Whether it runs as the same user of the system as this process. */
    public boolean isOurs() {
        return uid >= 0 ? uid == OWN_UID : name != null && name.equals(OWN_NAME);
    }

    private static int ownUid() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException | RuntimeException e) {
            return -2;
        }
    }

    private static String ownName() {
        try {
            return Files.getOwner(Path.of("/proc/self")).getName();
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }
}
