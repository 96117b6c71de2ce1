package dev.luthier.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the entries of a zip file stand, as torch.save writes them: stored, not compressed. The
 * directory at the end is believed only as far as the file bears it out (APPNOTE.TXT 4.3, zip64
 * included).
 */
final class TorchZip {
  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int ZIP64_EXTRA = 1;
  private static final int ENCRYPTED = 1;
  private static final int LONGEST_COMMENT = 1000;
  private static final long LARGEST_DIRECTORY = 64 << 20;
  private static final long MASKED = 0xFFFF_FFFFL;

  private final FileChannel channel;
  private final Map<String, FileRegion> entries = new LinkedHashMap<>();

  private TorchZip(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Reads the directory.
   *
   * @return the entries' data by name
   */
  static Map<String, FileRegion> entries(FileChannel channel) throws IOException, PickleException {
    TorchZip zip = new TorchZip(channel);
    zip.directory();
    return zip.entries;
  }

  private void directory() throws IOException, PickleException {
    long size = channel.size();
    long tail = Math.max(0, size - 22 - LONGEST_COMMENT);
    ByteBuffer end = bytes(tail, size - tail);
    int at = end.limit() - 22;
    while (at >= 0 && end.getInt(at) != END) {
      at--;
    }
    if (at < 0) {
      throw new PickleException("the zip file has no directory at its end; it is cut short");
    }
    long length = end.getInt(at + 12) & MASKED;
    long start = end.getInt(at + 16) & MASKED;
    if (at >= 20 && end.getInt(at - 20) == LOCATOR_64) {
      ByteBuffer wide = bytes(end.getLong(at - 20 + 8), 56);
      if (wide.getInt(0) != END_64) {
        throw new PickleException("the zip file's directory is broken");
      }
      length = wide.getLong(40);
      start = wide.getLong(48);
    }
    if (length < 0 || length > LARGEST_DIRECTORY) {
      throw new PickleException("the zip file's directory is of " + length + " bytes");
    }
    ByteBuffer directory = bytes(start, length);
    while (directory.hasRemaining()) {
      entry(directory, start);
    }
    checkOverlaps();
  }

  private void entry(ByteBuffer in, long directory) throws IOException, PickleException {
    if (in.remaining() < 46 || in.getInt(in.position()) != CENTRAL) {
      throw new PickleException("the zip file's directory is broken");
    }
    int at = in.position();
    int flags = in.getShort(at + 8);
    int method = in.getShort(at + 10) & 0xFFFF;
    int nameLength = in.getShort(at + 28) & 0xFFFF;
    int extraLength = in.getShort(at + 30) & 0xFFFF;
    int length = 46 + nameLength + extraLength + (in.getShort(at + 32) & 0xFFFF);
    if (in.remaining() < length) {
      throw new PickleException("the zip file's directory is broken");
    }
    byte[] raw = new byte[nameLength];
    in.get(at + 46, raw);
    String name = new String(raw, StandardCharsets.UTF_8);
    checkName(name);
    if (method != 0 || (flags & ENCRYPTED) != 0) {
      throw wrong(name, "it is compressed or encrypted, which torch.save never does");
    }
    long[] sizes = {
      in.getInt(at + 24) & MASKED, in.getInt(at + 20) & MASKED, in.getInt(at + 42) & MASKED
    };
    wide(in.slice(at + 46 + nameLength, extraLength).order(ByteOrder.LITTLE_ENDIAN), sizes);
    if (sizes[0] != sizes[1]) {
      throw wrong(name, "it is stored, and yet has another size than its data");
    }
    FileRegion data = new FileRegion(dataStart(name, sizes[2], raw), sizes[0]);
    if (data.length() < 0 || data.length() > directory - data.offset()) {
      throw wrong(name, "its " + data.length() + " bytes do not fit the file");
    }
    if (entries.put(name, data) != null) {
      throw wrong(name, "it is there twice");
    }
    in.position(at + length);
  }

  /** Sizes and offset that need more than 32 bits stand in an extra field, in this order. */
  private static void wide(ByteBuffer extra, long[] sizes) throws PickleException {
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xFFFF;
      int length = extra.getShort() & 0xFFFF;
      if (length > extra.remaining()) {
        throw new PickleException("the zip file's directory is broken");
      }
      ByteBuffer field = extra.slice().limit(length).slice().order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; id == ZIP64_EXTRA && i < sizes.length; i++) {
        if (sizes[i] == MASKED && field.remaining() >= 8) {
          sizes[i] = field.getLong();
        }
      }
      extra.position(extra.position() + length);
    }
  }

  /** Data begin behind the entry's own header, whose extra field differs from the directory's. */
  private long dataStart(String name, long header, byte[] raw) throws IOException, PickleException {
    ByteBuffer local = bytes(header, 30);
    int nameLength = local.getShort(26) & 0xFFFF;
    if (local.getInt(0) != LOCAL
        || nameLength != raw.length
        || !bytes(header + 30, nameLength).equals(ByteBuffer.wrap(raw))) {
      throw wrong(name, "the directory and its own header differ");
    }
    return header + 30 + nameLength + (local.getShort(28) & 0xFFFF);
  }

  private static void checkName(String name) throws PickleException {
    if (name.startsWith("/")
        || ("/" + name + "/").contains("/../")
        || name.chars().anyMatch(c -> c == '\\' || c == ':' || c < ' ')) {
      throw wrong(name, "its name leads out of the file");
    }
  }

  private void checkOverlaps() throws PickleException {
    List<Map.Entry<String, FileRegion>> sorted = new ArrayList<>(entries.entrySet());
    sorted.sort(Comparator.comparingLong(e -> e.getValue().offset()));
    long free = 0;
    for (Map.Entry<String, FileRegion> entry : sorted) {
      if (entry.getValue().offset() < free) {
        throw wrong(entry.getKey(), "its data overlap another entry's");
      }
      free = entry.getValue().end();
    }
  }

  private static PickleException wrong(String name, String what) {
    return new PickleException("entry '" + Problems.shortened(name) + "' of the zip file: " + what);
  }

  private ByteBuffer bytes(long from, long length) throws IOException, PickleException {
    if (from < 0 || length < 0 || length > channel.size() || from > channel.size() - length) {
      throw new PickleException("the zip file's directory points outside of the file");
    }
    return FileRegion.read(channel, from, (int) length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
