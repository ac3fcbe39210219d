package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** Values of settings at one level: global, of a database, or of a user. Immutable. */
public final class SettingValues {

    private static final SettingValues EMPTY = new SettingValues(Map.of(), Map.of());

    private final Map<Setting<?>, Object> values;

    /** Where the files set them; no part of what makes values equal. */
    private final Map<Setting<?>, Position> positions;

    private SettingValues(Map<Setting<?>, Object> values, Map<Setting<?>, Position> positions) {
        this.values = values;
        this.positions = positions;
    }

    /** Nothing set: every setting has its default. */
    public static SettingValues empty() {
        return EMPTY;
    }

    /** The value that is set, otherwise the default. */
    @SuppressWarnings("unchecked") // with() puts in a T for a Setting<T> only
    public <T> T get(Setting<T> setting) {
        Object value = values.get(setting);
        return value == null ? setting.defaultValue() : (T) value;
    }

    /** Whether a value is set at this level. */
    public boolean isSet(Setting<?> setting) {
        return values.containsKey(setting);
    }

    /** The text form of the value for {@code SHOW CONFIG}. */
    public String shown(Setting<?> setting) {
        return shownValue(setting);
    }

    private <T> String shownValue(Setting<T> setting) {
        return setting.shown(get(setting));
    }

    /** The text form of the default for {@code SHOW CONFIG}. */
    public String shownDefault(Setting<?> setting) {
        return EMPTY.shownValue(setting);
    }

    /** A copy with one value set. */
    public <T> SettingValues with(Setting<T> setting, T value) {
        return with(setting, value, Position.NONE);
    }

    <T> SettingValues with(Setting<T> setting, T value, Position position) {
        Map<Setting<?>, Object> copy = new IdentityHashMap<>(values);
        copy.put(setting, value);
        Map<Setting<?>, Position> places = new IdentityHashMap<>(positions);
        places.put(setting, position);
        return new SettingValues(copy, places);
    }

    /**
     * A copy with one value set from its text.
     *
     * @throws ConfigurationException without a file and a line, if the text is no such value
     */
    public <T> SettingValues withText(Setting<T> setting, String text) throws ConfigurationException {
        return with(setting, setting.parse(text));
    }

    /**
     * The file that a setting names: as it stands or, if nothing is there, beside the file that names it. Null if the value is empty.
     *
     * @throws ConfigurationException if the value is no path
     */
    public Path file(Setting<String> setting) throws ConfigurationException {
        String name = get(setting);
        return name.isEmpty() ? null : file(setting, name);
    }

    /** As {@link #file(Setting)}, for one of several names in the value of the setting. */
    public Path file(Setting<?> setting, String name) throws ConfigurationException {
        try {
            return FileText.mentioned(name, position(setting).file());
        } catch (IOException notAPath) {
            throw refusal(setting, FileText.reason(notAPath));
        }
    }

    /** The error that the value of a setting, which is what it should be for itself, cannot be used; it says where it is set. */
    public ConfigurationException refusal(Setting<?> setting, String reason) {
        return ConfigurationException.badValue(position(setting), setting.name(), shown(setting), reason, null);
    }

    private Position position(Setting<?> setting) {
        return positions.getOrDefault(setting, Position.NONE);
    }

    /** A copy in which what only a new start can change is as it was at the start. */
    SettingValues withStartValuesOf(SettingValues running) {
        Map<Setting<?>, Object> copy = new IdentityHashMap<>(values);
        for (Setting<?> setting : Settings.all()) {
            if (!setting.isReloadable()) {
                copy.remove(setting);
                if (running.isSet(setting)) {
                    copy.put(setting, running.get(setting));
                }
            }
        }
        return new SettingValues(copy, positions);
    }

    /** The settings that are set at this level. */
    public Set<Setting<?>> settings() {
        return Set.copyOf(values.keySet());
    }

    /** Whether both levels say the same about a setting. */
    public boolean sameAs(SettingValues other, Setting<?> setting) {
        return get(setting).equals(other.get(setting));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SettingValues that
                && settings().equals(that.settings())
                && settings().stream().allMatch(setting -> sameAs(that, setting));
    }

    @Override
    public int hashCode() {
        return settings().hashCode();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (Setting<?> setting : Settings.all()) {
            if (isSet(setting)) {
                text.append(text.length() > 1 ? ", " : "").append(setting).append('=');
                text.append(shown(setting));
            }
        }
        return text.append('}').toString();
    }
}
