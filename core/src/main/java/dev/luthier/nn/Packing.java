package dev.luthier.nn;

import dev.luthier.SettingValue;
import java.util.Locale;

/**
 * Numbers of few bits in which frozen matrices are held for decoding, rounded to nearest. Reading
 * them is what a token costs. Activations stay as they are, but for 16 bits in which some
 * processors multiply them.
 */
public enum Packing implements SettingValue {
  /** 8 bits, a scale for each row. Errors are up to 1/254 of a row's largest number. */
  INT8,
  /**
   * 4 bits, a scale and an offset for each 32 columns, 5 bits a number in all. Errors are up to
   * 1/30 of the range of 32 neighbours.
   */
  INT4;

  /** The columns of a matrix are a multiple of this. */
  static final int COLUMNS = 32;

  @Override
  public Object toSetting() {
    return toString();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
