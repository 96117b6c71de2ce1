package dev.luthier.train;

import dev.luthier.SettingValue;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The optimizers, under bitsandbytes' and transformers' names. */
public enum OptimizerKind implements SettingValue {
  /** Adam with decoupled weight decay; 8 bytes of state per weight. */
  ADAMW(1, "adamw_torch", "adamw_torch_fused", "adamw_hf", "adamw_32bit"),
  /** The same with block-wise 8-bit state; 2 bytes. */
  ADAMW_8BIT(1, "adamw_bnb_8bit", "adamw8bit"),
  /** AdamW with its state in a file. */
  PAGED_ADAMW(1, "paged_adamw_32bit"),
  /** Both. */
  PAGED_ADAMW_8BIT(1, "paged_adamw8bit"),
  /** Gradient descent with momentum; 4 bytes. */
  SGD(100),
  /** Factored second moments; next to nothing. */
  ADAFACTOR(1),
  /** The sign of an interpolated momentum; 4 bytes. */
  LION(0.2, "lion_32bit");

  private final double rateFactor;
  private final List<String> synonyms;

  OptimizerKind(double rateFactor, String... synonyms) {
    this.rateFactor = rateFactor;
    this.synonyms = List.of(synonyms);
  }

  /** Reads a setting: a name, in either case and with either dash. */
  public static OptimizerKind fromSetting(Object raw) {
    String name = raw.toString().strip().toLowerCase(Locale.ROOT).replace('-', '_');
    return Arrays.stream(values())
        .filter(kind -> kind.toString().equals(name) || kind.synonyms.contains(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    Arrays.stream(values())
                        .map(OptimizerKind::toString)
                        .collect(Collectors.joining(" | "))));
  }

  @Override
  public Object toSetting() {
    return toString();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What a learning rate that suits AdamW is multiplied with to suit this one. */
  double rateFactor() {
    return rateFactor;
  }

  boolean isPaged() {
    return this == PAGED_ADAMW || this == PAGED_ADAMW_8BIT;
  }
}
