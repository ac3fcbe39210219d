package org.pgweir.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.pgweir.testkit.FaultProxy.Cut;
import org.pgweir.testkit.FaultProxy.Direction;
import org.pgweir.testkit.FaultProxy.Faults;

/** A client's connection to a {@link FaultProxy} and the proxy's connection to the server, with a pumping thread each way. */
final class ProxiedConnection {

    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;

    private final FaultProxy proxy;
    private final Socket client;
    private final Socket server = new Socket();
    private final AtomicInteger pumping = new AtomicInteger(2);

    ProxiedConnection(FaultProxy proxy, Socket client) {
        this.proxy = proxy;
        this.client = client;
    }

    void start(InetSocketAddress target) {
        FaultProxy.daemon("fault-proxy-to-server", () -> {
            try {
                client.setTcpNoDelay(true);
                server.connect(target, CONNECT_TIMEOUT_MILLIS);
                server.setTcpNoDelay(true);
            } catch (IOException e) {
                end(false);
                return;
            }
            FaultProxy.daemon("fault-proxy-to-client", () -> pump(Direction.TO_CLIENT, server, client));
            pump(Direction.TO_SERVER, client, server);
        });
    }

    /** Closes or resets both sides. */
    void end(boolean reset) {
        for (Socket socket : new Socket[] {client, server}) {
            try {
                if (reset && !socket.isClosed()) {
                    socket.setSoLinger(true, 0);
                }
                socket.close();
            } catch (IOException alreadyBroken) {
                continue;
            }
        }
        proxy.ended(this);
    }

    private void pump(Direction direction, Socket from, Socket to) {
        Pump pump = new Pump(direction);
        try {
            pump.run(from.getInputStream(), to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException broken) {
            if (!pump.writing) {
                // The sender has reset its connection; its last bytes have gone through, so the receiver may learn it.
                end(true);
            }
            // Else the receiver is gone. What it had to say first is still on its way, and its end will come behind
            // that.
        }
        if (pumping.decrementAndGet() == 0) {
            end(false);
        }
    }

    /** One direction until its end. */
    private final class Pump {

        private final Direction direction;
        private final byte[] buffer = new byte[1 << 16];
        private boolean writing;
        private Long seed;
        private Random random;
        private Cut cut;
        private long left;

        Pump(Direction direction) {
            this.direction = direction;
        }

        void run(InputStream in, OutputStream out) throws IOException {
            int n;
            while ((n = in.read(buffer)) >= 0) {
                writing = true;
                int at = 0;
                while (at < n) {
                    at += forward(out, at, n - at);
                }
                writing = false;
            }
            proxy.awaitFaults(ProxiedConnection.this);
        }

        private int forward(OutputStream out, int at, int available) throws IOException {
            Faults faults = proxy.awaitFaults(ProxiedConnection.this);
            follow(faults);
            int piece = Math.min(
                    available, random == null ? faults.longestPiece() : 1 + random.nextInt(faults.longestPiece()));
            boolean counted = cut != null && cut.direction == direction;
            if (counted) {
                piece = (int) Math.min(piece, left);
            }
            pause(faults.delay().toNanos());
            out.write(buffer, at, piece);
            proxy.count(direction, piece);
            if (counted) {
                left -= piece;
                if (left == 0) {
                    end(cut.reset);
                }
            }
            return piece;
        }

        private void follow(Faults faults) {
            if (!Objects.equals(seed, faults.seed())) {
                seed = faults.seed();
                random = seed == null ? null : new Random(seed + direction.ordinal());
            }
            if (cut != faults.cut()) {
                cut = faults.cut();
                left = cut == null ? 0 : cut.bytes;
            }
        }

        private void pause(long nanos) {
            long end = System.nanoTime() + nanos;
            for (long rest = nanos; rest > 0; rest = end - System.nanoTime()) {
                LockSupport.parkNanos(rest);
            }
        }
    }
}
