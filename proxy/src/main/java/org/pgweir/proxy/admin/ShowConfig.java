package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.config.Setting;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;
import org.pgweir.protocol.BackendMessages.Column;

/** SHOW CONFIG. */
final class ShowConfig implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("ssss", "key value default changeable");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        SettingValues values = admin.configuration().global();
        Table table = new Table(COLUMNS);
        for (Setting<?> setting : Settings.all()) {
            if (setting.scopes().contains(Setting.Scope.GLOBAL)) {
                table.add(
                        setting.name(),
                        value(values, setting),
                        setting.hasDefault() ? values.shownDefault(setting) : null,
                        setting.isReloadable() ? "yes" : "no");
            }
        }
        return CompletableFuture.completedFuture(table);
    }

    /** Null for a text that nobody has set, where PgBouncer knows no default. */
    private static String value(SettingValues values, Setting<?> setting) {
        String shown = values.shown(setting);
        boolean missing = shown.isEmpty() && !setting.hasDefault() && !values.isSet(setting);
        return missing ? null : shown;
    }
}
