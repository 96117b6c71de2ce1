package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** SHA-256 of files and model folders, as 64 hexadecimal digits. */
public final class Hashes {
  private Hashes() {}

  /** Of a file's bytes, read in pieces of 1 MiB. */
  public static String sha256(Path file) {
    MessageDigest digest = digest();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] piece = new byte[1 << 20];
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        digest.update(piece, 0, n);
      }
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Of a model's or adapter's content: its {@code config.json}, {@code adapter_config.json} and
   * {@code *.safetensors} files, or PyTorch's where there is none of these, as names and hashes
   * sorted by name. The folder's own name, side files and checkpoints in subfolders do not count.
   * Of a model that is a file, or several GGUF files, the bytes.
   */
  public static String folder(Path folder) {
    MessageDigest digest = digest();
    if (HfFolder.kind(folder) == HfFolder.Kind.GGUF) {
      for (Path file : Gguf.open(folder).files()) {
        digest.update((sha256(file) + "\n").getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest());
    }
    if (Llama2cFile.isOne(folder)) {
      return sha256(folder);
    }
    int files = 0;
    List<String> names = SafetensorsIndex.names(HfFolder.folder(folder));
    boolean pickled = names.stream().noneMatch(name -> name.endsWith(SafetensorsIndex.SUFFIX));
    for (String name : names) {
      if (name.equals(HfFolder.CONFIG)
          || name.equals(HfFolder.ADAPTER_CONFIG)
          || name.endsWith(SafetensorsIndex.SUFFIX)
          || (pickled && ModelWeights.isPickled(name))) {
        String line = name + " " + sha256(folder.resolve(name)) + "\n";
        digest.update(line.getBytes(StandardCharsets.UTF_8));
        files++;
      }
    }
    if (files == 0) {
      throw new LuthierException(
          folder
              + ": expected a model's or adapter's files, found "
              + SafetensorsIndex.listed(names));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Of a text's UTF-8 bytes. */
  public static String text(String text) {
    return HexFormat.of().formatHex(digest().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** A fresh SHA-256, for what is hashed as it comes. */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
