package dev.luthier.data.duplicates;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Turns texts into signatures. It holds nothing that changes, so one serves many threads; a text's
 * signature depends on the text and the settings.
 */
public final class Signer {
  private final DuplicateSettings settings;
  private final Shingles shingles;
  private final Optional<MinHash> minHash;

  /** Signs as the settings say. */
  public Signer(DuplicateSettings settings) {
    this.settings = settings;
    this.shingles = new Shingles(settings.shingle(), settings.seed());
    this.minHash =
        settings.seeksNear()
            ? Optional.of(new MinHash(Banding.of(settings.near()), settings.seed()))
            : Optional.empty();
  }

  /** Returns the text's signature. */
  public Signature sign(String text) {
    return sign(text, "");
  }

  /**
   * The same of a text that comes with something else, which is compared whole.
   *
   * @param beside texts of which this differs are not alike, whatever they say; may be empty
   */
  public Signature sign(String text, String beside) {
    String normal = settings.normal().apply(text);
    byte[] other = beside.isEmpty() ? new byte[0] : sha256(beside);
    long key = beside.isEmpty() ? 0 : ByteBuffer.wrap(other).getLong();
    // SHA-256 cut to 128 bits: no two texts of a set collide, not even when they were made to.
    ByteBuffer hash = ByteBuffer.wrap(sha256(HexFormat.of().formatHex(other) + normal));
    int[] set = minHash.isPresent() ? shingles.of(normal, key) : new int[0];
    int[] bands = minHash.map(m -> m.keys(set)).orElseGet(() -> new int[0]);
    return new Signature(hash.getLong(), hash.getLong(), set, bands);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
