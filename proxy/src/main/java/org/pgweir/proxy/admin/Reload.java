package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;
import org.pgweir.config.ConfigurationException;
import org.pgweir.protocol.ErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** RELOAD: reads the configuration again. */
final class Reload implements Command {
    private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

    @Override
    public boolean takesArgument() {
        return false;
    }

    @Override
    public CompletableFuture<ErrorMessage> run(Admin admin, Invocation call) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                admin.process().reload();
                return null;
            } catch (ConfigurationException e) {
                LOG.error("reload failed, nothing was changed: {}", e.getMessage());
                return ErrorMessage.error("F0000", "RELOAD failed, see logs for additional details")
                        .withDetail(e.getMessage())
                        .withHint("Nothing was changed.");
            }
        });
    }
}
