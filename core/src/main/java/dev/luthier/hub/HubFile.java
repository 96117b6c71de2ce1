package dev.luthier.hub;

import dev.luthier.LuthierException;
import dev.luthier.format.Hashes;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A file of a repository at one commit.
 *
 * @param path in the repository, with slashes
 * @param size bytes
 * @param oid git's name of its content, 40 digits; of a large file's content, that of the pointer
 * @param sha256 of a large file's content (Git LFS), 64 digits; empty for a file that git holds
 */
public record HubFile(String path, long size, String oid, Optional<String> sha256) {
  private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  /**
   * Checks what a server said before it becomes a path on this machine.
   *
   * @throws LuthierException if it would lead out of the folder
   */
  public HubFile {
    boolean inside =
        !path.isEmpty()
            && path.chars().noneMatch(c -> c < ' ' || c == '\\' || c == ':')
            && hasPlainParts(path);
    if (!inside || size < 0 || !DIGITS.matcher(sha256.orElse(oid)).matches()) {
      throw new LuthierException(
          "the hub lists a file that cannot be one: '" + path + "', " + size + " bytes, " + oid);
    }
  }

  private static boolean hasPlainParts(String path) {
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        return false;
      }
    }
    return true;
  }

  /** What the hub calls the content, and the cache its blob. */
  public String etag() {
    return sha256.orElse(oid);
  }

  /** The content's name computed from a file: to be equal to {@link #etag}. */
  String etagOf(Path file) {
    return sha256.isPresent() ? Hashes.sha256(file) : gitOid(file);
  }

  /** SHA-1 over {@code "blob SIZE\0"} and the content. */
  static String gitOid(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.UTF_8));
      byte[] piece = new byte[1 << 20];
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        sha1.update(piece, 0, n);
      }
      return HexFormat.of().formatHex(sha1.digest());
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
