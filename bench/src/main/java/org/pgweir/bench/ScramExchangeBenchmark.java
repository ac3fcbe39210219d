package org.pgweir.bench;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.pgweir.config.Secret.ScramSecret;
import org.pgweir.proxy.auth.LoginFailure;
import org.pgweir.proxy.auth.ScramExchange;

/** The server's side of one SCRAM login with a stored secret, and one HMAC that the client needs to answer. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ScramExchangeBenchmark {
    private static final String CLIENT_FIRST_BARE = "n=,r=rOprNGfwEbeRWgbNEkqO1234";

    private Mac mac;
    private ScramSecret secret;

    /** The client's key is all zeros, so that its signature is its proof. */
    @Setup
    public void makeSecret() throws GeneralSecurityException {
        byte[] storedKey = MessageDigest.getInstance("SHA-256").digest(new byte[32]);
        mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(storedKey, "HmacSHA256"));
        secret = new ScramSecret(4096, new byte[16], storedKey, new byte[32]);
    }

    @Benchmark
    public String login() throws LoginFailure {
        ScramExchange exchange = new ScramExchange(secret.salt(), secret.iterations(), null);
        String serverFirst = exchange.serverFirst(ScramExchange.MECHANISM, "n,," + CLIENT_FIRST_BARE);
        String withoutProof = "c=biws," + serverFirst.substring(0, serverFirst.indexOf(','));
        String authMessage = CLIENT_FIRST_BARE + "," + serverFirst + "," + withoutProof;
        byte[] proof = mac.doFinal(authMessage.getBytes(StandardCharsets.UTF_8));
        exchange.clientFinal(withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof));
        return exchange.verify(List.of(secret)).serverFinal();
    }
}
