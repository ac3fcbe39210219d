package org.pgweir.config;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** Values of settings at one level: global, of a database, or of a user. Immutable. */
public final class SettingValues {

    private static final SettingValues EMPTY = new SettingValues(new IdentityHashMap<>());

    private final Map<Setting<?>, Object> values;

    private SettingValues(Map<Setting<?>, Object> values) {
        this.values = values;
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
        Map<Setting<?>, Object> copy = new IdentityHashMap<>(values);
        copy.put(setting, value);
        return new SettingValues(copy);
    }

    /**
     * A copy with one value set from its text.
     *
     * @throws ConfigurationException without a file and a line, if the text is no such value
     */
    public <T> SettingValues withText(Setting<T> setting, String text) throws ConfigurationException {
        return with(setting, setting.parse(text));
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
