package dev.luthier.data;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;

/**
 * How tokens are masked for an encoder to guess: of those that are chosen, 80 % become the mask
 * token, 10 % a random one, and 10 % stay. Devlin et al., arXiv 1810.04805, section 3.1.
 *
 * @param probability share of the tokens that are chosen
 * @param wholeWord whether all tokens of a word are chosen together
 */
public record MaskSettings(
    @Setting(help = "encoders: share of the tokens to guess", value = "0.15") double probability,
    @Setting(help = "encoders: choose all tokens of a word together", value = "false")
        boolean wholeWord) {
  /** Checks the share. */
  public MaskSettings {
    new Complaints()
        .unless(
            probability > 0 && probability < 1,
            "mask.probability",
            probability,
            "must be above 0 and below 1")
        .throwIfAny();
  }

  /** Returns 15 %, token by token. */
  public static MaskSettings defaults() {
    return SettingDefaults.of(MaskSettings.class);
  }
}
