package dev.luthier.format;

import dev.luthier.format.Pickled.Dict;
import dev.luthier.format.Pickled.None;
import dev.luthier.format.Pickled.Sequence;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What torch.save wrote: an object, and where the storages of its tensors stand.
 *
 * <ul>
 *   <li>Zip (since 1.6): {@code NAME/data.pkl}, {@code NAME/data/KEY} for each storage, {@code
 *       NAME/byteorder}.
 *   <li>Legacy: pickles of a magic number, a protocol number, facts about the machine, the object
 *       and a list of keys; then per key an int64 of elements, and the elements.
 * </ul>
 *
 * @param name of the layout
 * @param object the pickled object
 * @param storages by key
 */
record TorchLayout(String name, Object object, Map<String, FileRegion> storages) {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final int PROTOCOL = 1001;
  private static final int ZIP = 0x04034b50;
  private static final int TAR_MAGIC_AT = 257;

  /** Reads the object; no storage is read. */
  static TorchLayout read(String where, FileChannel channel) throws IOException, PickleException {
    int length = (int) Math.min(512, channel.size());
    ByteBuffer head = FileRegion.read(channel, 0, length).order(ByteOrder.LITTLE_ENDIAN);
    if (length >= 4 && head.getInt(0) == ZIP) {
      return zip(where, channel);
    }
    String text = StandardCharsets.ISO_8859_1.decode(head).toString();
    if (text.startsWith("ustar", TAR_MAGIC_AT)) {
      throw new PickleException(
          "it is a tar file, as PyTorch wrote before 0.1.10: load it with PyTorch and save it"
              + " again");
    }
    if (text.startsWith("version https://git-lfs")) {
      throw new PickleException("it is a Git LFS pointer: fetch the file itself (git lfs pull)");
    }
    return legacy(where, channel);
  }

  private static TorchLayout zip(String where, FileChannel channel)
      throws IOException, PickleException {
    Map<String, FileRegion> entries = TorchZip.entries(channel);
    List<String> pickles =
        entries.keySet().stream().filter(n -> n.matches("[^/]+/data\\.pkl")).toList();
    if (pickles.size() != 1) {
      throw new PickleException("a zip file with " + pickles.size() + " entries */data.pkl");
    }
    String root = pickles.get(0).substring(0, pickles.get(0).length() - "data.pkl".length());
    if (entries.containsKey(root + "constants.pkl")) {
      throw new PickleException(
          "it is a TorchScript program: load it with torch.jit.load and save its state dict");
    }
    FileRegion order = entries.get(root + "byteorder");
    if (order != null && !text(channel, order).equals("little")) {
      throw new PickleException(
          "its numbers are big-endian: save it again on a little-endian machine");
    }
    Map<String, FileRegion> storages = new HashMap<>();
    String data = root + "data/";
    entries.forEach(
        (name, region) -> {
          if (name.startsWith(data)) {
            storages.put(name.substring(data.length()), region);
          }
        });
    FileRegion pickle = Objects.requireNonNull(entries.get(pickles.get(0)));
    PickleInput in = new PickleInput(channel, pickle.offset(), pickle.end());
    Object object = Unpickler.load(where, in, id -> inZip(id, storages));
    return new TorchLayout("zip", object, storages);
  }

  private static String text(FileChannel channel, FileRegion region) throws IOException {
    int length = (int) Math.min(16, region.length());
    return StandardCharsets.US_ASCII
        .decode(FileRegion.read(channel, region.offset(), length))
        .toString()
        .strip();
  }

  private static TorchStorage inZip(Object id, Map<String, FileRegion> storages)
      throws PickleException {
    TorchStorage storage = storage(id, 5);
    FileRegion region = storages.get(storage.key());
    if (region == null) {
      throw new PickleException(
          "there is no entry data/" + Problems.shortened(storage.key()) + " for a storage");
    }
    checkFits(storage, region);
    return storage;
  }

  private static void checkFits(TorchStorage storage, FileRegion region) throws PickleException {
    if (storage.end() > region.length()) {
      throw new PickleException(
          "storage '"
              + Problems.shortened(storage.key())
              + "' takes "
              + storage.end()
              + " bytes where the file has "
              + region.length());
    }
  }

  /** {@code ('storage', class, key, device, elements)}, and in the legacy layout a view. */
  private static TorchStorage storage(Object id, int count) throws PickleException {
    if (id instanceof Sequence s
        && s.items().size() == count
        && s.items().get(0).equals("storage")
        && s.items().get(1) instanceof TorchGlobals.StorageClass type
        && s.items().get(2) instanceof String key
        && s.items().get(4) instanceof Long elements
        && elements >= 0) {
      TorchStorage out = new TorchStorage(key, type.dtype(), 0, elements);
      out.end();
      return out;
    }
    throw new PickleException("a persistent id that is not a storage's");
  }

  private static TorchLayout legacy(String where, FileChannel channel)
      throws IOException, PickleException {
    PickleInput in = new PickleInput(channel, 0, channel.size());
    if (channel.size() < 2 || in.read() != 0x80 || in.read() > 5) {
      throw new PickleException("it is not a file that torch.save wrote");
    }
    in = new PickleInput(channel, 0, channel.size());
    if (!MAGIC.equals(plain(where, in))) {
      throw new PickleException("it is a pickle, but not one that torch.save wrote");
    }
    Object protocol = plain(where, in);
    if (!protocol.equals((long) PROTOCOL)) {
      throw new PickleException("its protocol is not " + PROTOCOL);
    }
    if (plain(where, in) instanceof Dict facts
        && Boolean.FALSE.equals(facts.items().get("little_endian"))) {
      throw new PickleException(
          "its numbers are big-endian: save it again on a little-endian machine");
    }
    Map<String, TorchStorage> named = new HashMap<>();
    Object object = Unpickler.load(where, in, id -> inLegacy(id, named));
    return new TorchLayout("legacy", object, storages(plain(where, in), in, channel, named));
  }

  private static Object plain(String where, PickleInput in) throws IOException {
    return Unpickler.load(
        where,
        in,
        id -> {
          throw new PickleException("a storage where none can be");
        });
  }

  private static TorchStorage inLegacy(Object id, Map<String, TorchStorage> named)
      throws PickleException {
    TorchStorage root = storage(id, 6);
    TorchStorage known = named.putIfAbsent(root.key(), root);
    if (known != null && !known.equals(root)) {
      throw new PickleException(
          "storage '" + Problems.shortened(root.key()) + "' with two types or sizes");
    }
    Object view = ((Sequence) id).items().get(5);
    if (view == None.NONE) {
      return root;
    }
    if (view instanceof Sequence s
        && s.items().size() == 3
        && s.items().get(1) instanceof Long start
        && s.items().get(2) instanceof Long elements
        && start >= 0
        && elements >= 0
        && start <= root.elements()
        && elements <= root.elements() - start) {
      return new TorchStorage(root.key(), root.dtype(), start, elements);
    }
    throw new PickleException("a storage's view that does not fit it");
  }

  private static Map<String, FileRegion> storages(
      Object keys, PickleInput in, FileChannel channel, Map<String, TorchStorage> named)
      throws IOException, PickleException {
    if (!(keys instanceof Sequence list)) {
      throw new PickleException("behind the object there is no list of storages");
    }
    Map<String, FileRegion> out = new HashMap<>();
    long at = in.position();
    for (Object key : list.items()) {
      TorchStorage storage = named.get(key);
      if (storage == null || at > channel.size() - Long.BYTES) {
        throw new PickleException(
            storage == null ? "a storage that no tensor uses" : "the data ends before a storage");
      }
      ByteBuffer count = FileRegion.read(channel, at, Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      if (count.getLong(0) != storage.elements()) {
        throw new PickleException(
            "storage '"
                + Problems.shortened(storage.key())
                + "' has "
                + count.getLong(0)
                + " elements where its tensors name "
                + storage.elements());
      }
      FileRegion region =
          new FileRegion(
              at + Long.BYTES, Math.min(storage.end(), channel.size() - at - Long.BYTES));
      checkFits(storage, region);
      out.put(storage.key(), region);
      at = region.end();
    }
    for (TorchStorage storage : named.values()) {
      if (!out.containsKey(storage.key())) {
        throw new PickleException(
            "storage '" + Problems.shortened(storage.key()) + "' is not in the file");
      }
    }
    return out;
  }
}
