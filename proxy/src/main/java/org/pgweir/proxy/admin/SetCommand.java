package org.pgweir.proxy.admin;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.Setting;
import org.pgweir.config.Settings;

/** SET key = value: changes a setting until the next RELOAD, which reads the file again. */
final class SetCommand {
    private SetCommand() {}

    static CompletableFuture<Answer> run(Admin admin, String key, String value) {
        Optional<Setting<?>> found = Settings.find(key);
        if (found.isEmpty()) {
            return failed("There is no setting " + key + "; SHOW CONFIG; lists them.");
        }
        Setting<?> setting = found.get();
        if (!setting.isReloadable()) {
            return failed("A change of " + key + " needs a new start.");
        }
        return CompletableFuture.supplyAsync(() -> {
            try {
                admin.process().set(setting, value);
            } catch (ConfigurationException e) {
                return Answer.failed(ConsoleErrors.setFailed(e.getMessage()));
            }
            Answer done = Answer.done("SET " + key + "=" + value);
            return setting.hasEffect() ? done : done.withNotice("setting " + key + " has no effect", null);
        });
    }

    private static CompletableFuture<Answer> failed(String detail) {
        return Answer.failed(ConsoleErrors.setFailed(detail)).now();
    }
}
