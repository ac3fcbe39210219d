package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.pgweir.config.HostAddress;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.proxy.net.TlsConnector;
import org.pgweir.proxy.net.TlsFailure;
import org.pgweir.proxy.net.TlsSession;

/** Asks a server for TLS, as the first thing on a connection, and shakes hands. On the connection's loop. */
final class Encryption implements TlsConnector.Outcome {
    private final Channel channel;
    private final TlsConnector tls;
    private final HostAddress host;
    private final boolean insists;
    private final Outcome outcome;
    private boolean ended;

    /** One of both is called, at most once: nothing if the server closes the connection without a word. */
    interface Outcome {
        /** @param session null if the server has no TLS, and may do without */
        void ready(TlsSession session);

        /** The channel is to be closed. */
        void failed(String reason);
    }

    private Encryption(Channel channel, TlsConnector tls, HostAddress host, boolean insists, Outcome outcome) {
        this.channel = channel;
        this.tls = tls;
        this.host = host;
        this.insists = insists;
        this.outcome = outcome;
    }

    /** @param insists whether a server without TLS is no good, whatever the configuration says */
    static void begin(Channel channel, TlsConnector tls, HostAddress host, boolean insists, Outcome outcome) {
        Encryption encryption = new Encryption(channel, tls, host, insists, outcome);
        channel.pipeline().addFirst(encryption.new Answer());
        ByteBuf request = channel.alloc().directBuffer(8);
        FrontendMessages.sslRequest(request);
        channel.writeAndFlush(request, channel.voidPromise());
    }

    /** Bytes behind the answer would be read as if they had come encrypted (compare CVE-2021-23222): refused. */
    private void answered(ByteBuf bytes) {
        byte answer = bytes.readByte();
        boolean more = bytes.isReadable();
        if (more && answer != 'E') {
            failed("received unencrypted data after SSL response");
        } else if (answer == 'S') {
            tls.connect(channel, host.host(), host.port(), this);
        } else if (answer != 'N') {
            failed(answer == 'E' ? "the server answered an SSL request with an error" : "bad answer to an SSL request");
        } else if (insists || tls.isRequired()) {
            failed("server refused SSL");
        } else {
            ended = true;
            outcome.ready(null);
        }
    }

    @Override
    public void encrypted(TlsSession session) {
        if (!ended) {
            ended = true;
            outcome.ready(session);
        }
    }

    @Override
    public void failed(Throwable cause) {
        failed("TLS handshake failed: " + TlsFailure.reason(cause));
    }

    private void failed(String reason) {
        if (!ended) {
            ended = true;
            outcome.failed(reason);
        }
    }

    /** Takes the one byte that is the answer. */
    private final class Answer extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            try {
                context.pipeline().remove(this);
                answered(bytes);
            } finally {
                bytes.release();
            }
        }
    }
}
