package dev.luthier.data.check;

import dev.luthier.data.DataSettings;
import dev.luthier.data.duplicates.DuplicateSettings;
import dev.luthier.data.privacy.PrivacySettings;
import java.util.Optional;

/**
 * What a set is audited against.
 *
 * @param data how rows are read and encoded, as a run would
 * @param by a column whose balance is looked at, beside those with usual names
 * @param examples rows that the report shows
 * @param threads that judge rows
 */
public record AuditSettings(
    DataSettings data,
    DuplicateSettings duplicates,
    PrivacySettings privacy,
    Optional<String> by,
    int examples,
    int threads) {}
