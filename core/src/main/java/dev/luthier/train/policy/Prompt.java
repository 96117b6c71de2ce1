package dev.luthier.train.policy;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a policy is asked.
 *
 * @param ids up to where the answer begins
 * @param text as the row has it
 * @param columns of its row
 */
@SuppressWarnings("ArrayRecordComponent")
public record Prompt(int[] ids, String text, Map<String, @Nullable Object> columns) {}
