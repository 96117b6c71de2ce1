package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pickles that would run something, or fill the memory, or point outside of the file. */
class HostilePicklesTest {
  private static final int MILLION = 1_000_000;

  @TempDir private Path folder = Path.of("");

  private Path path() {
    return folder.resolve("model.pt");
  }

  private void refused(PickleWriter pickle, String... message) {
    refused(pickle.stop(), message);
  }

  private void refused(byte[] pickle, String... message) {
    Path file = TestTorch.zip(path(), pickle, Map.of("0", TestTorch.counting(6)));
    refused(file, message);
  }

  private static void refused(Path file, String... message) {
    assertThatThrownBy(() -> TorchFile.open(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContainingAll(message)
        .satisfies(e -> assertThat(String.valueOf(e.getMessage()).length()).isLessThan(1000));
  }

  private static PickleWriter pickle() {
    return new PickleWriter().proto();
  }

  @ParameterizedTest
  @CsvSource({
    "os,system",
    "posix,system",
    "nt,system",
    "builtins,eval",
    "__builtin__,eval",
    "builtins,exec",
    "builtins,getattr",
    "builtins,__import__",
    "subprocess,Popen",
    "torch,load",
    "torch.hub,load",
    "torch._utils,_rebuild_sparse_tensor",
    "torch,QInt8Storage",
    "argparse,Namespace",
    "numpy.core.multiarray,_reconstruct",
    "runpy,run_path",
    "pickle,loads",
    "torch.FloatStorage,x",
    "collections.OrderedDict,fromkeys",
    "collections,OrderedDict.fromkeys"
  })
  void a_foreign_name_is_refused_where_it_stands_before_it_is_called(String module, String name) {
    refused(
        pickle().global(module, name).text("touch /tmp/x").op(0x85, 'R'),
        "byte 2 of its pickle (opcode GLOBAL): it asks for " + module + "." + name,
        "nothing was run",
        "safetensors");
    refused(
        pickle().text(module).text(name).op(0x93),
        "(opcode STACK_GLOBAL): it asks for " + module + "." + name);
    refused(
        pickle().op('(', 'i').raw(TestTorch.ascii(module + "\n" + name + "\n")),
        "byte 3 of its pickle (opcode INST): it asks for " + module + "." + name);
  }

  @Test
  void objects_of_classes_are_refused_even_of_allowed_ones() {
    PickleWriter ordered = pickle().global("collections", "OrderedDict");
    refused(ordered.op(')', 0x81), "opcode NEWOBJ", "makes an object of a class");
    refused(
        pickle().op('(').global("collections", "OrderedDict").op('o'), "opcode OBJ", "of a class");
    refused(pickle().global("collections", "OrderedDict").op(')', '}', 0x92), "opcode NEWOBJ_EX");
    for (int code = 0x82; code <= 0x84; code++) {
      refused(pickle().op(code, 1, 0, 0, 0), "opcode EXT", "names a class by a number");
    }
    refused(pickle().op('}', '}', 'b'), "opcode BUILD", "attributes for a dict");
    refused(pickle().vector("0", 2).op('}', 'b'), "opcode BUILD", "attributes for");
    refused(pickle().op(']', '}', 'b'), "attributes for a list");
    refused(pickle().text("x").op(')', 'R'), "opcode REDUCE", "a call of a str");
    refused(pickle().global("torch", "FloatStorage").op(')', 'R'), "opcode REDUCE");
    refused(pickle().global("collections", "OrderedDict").op('}', 'R'), "opcode REDUCE");
    refused(pickle().op(0x97), "NEXT_BUFFER", "torch.save does not write it");
    refused(pickle().op('P').raw(TestTorch.ascii("x\n")), "PERSID");
    refused(pickle().op(0xff), "opcode 0xff): no opcode at all");
    refused(new PickleWriter().op(0x80, 6), "protocol 6");
  }

  @Test
  void a_million_levels_cost_no_java_stack() {
    byte[] deep = new byte[MILLION + 4];
    Arrays.fill(deep, (byte) 0x85);
    deep[0] = ')';
    deep[deep.length - 1] = '.';
    refused(deep, "holds a tuple");
    byte[] asKey = Arrays.copyOf(deep, deep.length + 2);
    System.arraycopy(new byte[] {'N', 's', '.'}, 0, asKey, asKey.length - 3, 3);
    asKey[0] = '}';
    asKey[1] = ')';
    refused(asKey, "it is no dict of tensors");
    byte[] lists = new byte[2 * MILLION];
    Arrays.fill(lists, 0, MILLION, (byte) ']');
    Arrays.fill(lists, MILLION, lists.length, (byte) 'a');
    lists[lists.length - 1] = '.';
    refused(lists, "holds a list");
    byte[] marks = new byte[MILLION];
    Arrays.fill(marks, (byte) '(');
    refused(marks, "byte 1000 of its pickle (opcode MARK)", "nested more than 1000 deep");
    byte[] open = new byte[2 * MILLION];
    Arrays.fill(open, (byte) 'N');
    refused(open, "more than 1000000 values are open");
    String wrapped = "module.".repeat(MILLION);
    refused(pickle().op('}').text(wrapped).op('}', 's'), "no dict of tensors", "module.module.");
  }

  @Test
  void a_dict_that_holds_itself_is_no_endless_walk() {
    refused(
        pickle().op('}', 'q', 0).text("model").op('h', 0, 's'), "exactly one of its values: model");
  }

  @Test
  void memo_bombs_grow_no_faster_than_their_bytes() {
    PickleWriter doubling = pickle().op(']', 'q', 0);
    for (int i = 0; i < 200; i++) {
      doubling.op('h', i, 'h', i, 0x86, 'q', i + 1);
    }
    refused(doubling, "holds a tuple");
    byte[] many = new byte[5 * MILLION];
    Arrays.fill(many, (byte) 0x94);
    many[0] = 'N';
    refused(many, "more than 4000000 opcodes");
    refused(pickle().op('N', 'r').little(0xffffffffL, 4).op('j').little(7, 4), "under memo 7");
    refused(pickle().op('h', 3), "opcode BINGET", "nothing under memo 3");
  }

  @Test
  void lengths_are_checked_before_room_is_made() {
    refused(pickle().op('X').little(0xffffffffL, 4), "opcode BINUNICODE", "4294967295 bytes");
    refused(pickle().op(0x8d).little(-1, 8), "a string of 18446744073709551615 bytes");
    refused(pickle().op(0x8e).little(1L << 40, 8), "opcode BINBYTES8", "are left");
    refused(pickle().op(0x8b).little(-1, 4), "an integer of 4294967295 bytes");
    refused(pickle().op(0x8b).little(1000, 4).raw(new byte[1000]), "an integer of 1000 bytes");
    refused(pickle().op('c').raw(new byte[2000]), "a line of more than 1000 characters");
    byte[] large = new byte[17 << 20];
    refused(pickle().op('B').little(large.length, 4).raw(large), "16777216 bytes");
    byte[] part = new byte[15 << 20];
    PickleWriter five = pickle();
    for (int i = 0; i < 5; i++) {
      five.op('B').little(part.length, 4).raw(part).op('0');
    }
    refused(five, "67108864 together");
  }

  @Test
  void a_stack_that_does_not_hold_what_an_opcode_takes_is_refused() {
    for (int code : new int[] {'.', '0', '2', 's', 'a', 'R', 'b', 'Q', 0x85, 0x86, 0x87, 0x93}) {
      refused(pickle().op(code), "the stack is empty");
      refused(pickle().op('N', 'N', 'N', '(', code), "the stack is empty");
    }
    for (int code : new int[] {'1', 'u', 'e', 't', 'l', 'd', 0x90, 0x91}) {
      refused(pickle().op(code), "there is no mark");
    }
    refused(pickle().op('}', '(', 'N', 'u'), "a key without a value");
    refused(pickle().op('}', '}', 'N', 's'), "a dict with a dict as key");
    refused(pickle().op(']', 'N', 'N', 's'), "keys and values for a list");
    refused(pickle().op('}', 'N', 'a'), "items for a dict");
    refused(pickle().op('I').raw(TestTorch.ascii("1x\n")), "'1x' is no number");
    refused(pickle().bytes(), "the data ends before the pickle does");
  }

  @Test
  void persistent_ids_are_storages_that_are_there() {
    refused(pickle().op('N', 'Q'), "opcode BINPERSID", "persistent id that is not a storage's");
    refused(pickle().text("0").op('Q'), "not a storage's");
    refused(pickle().op('(').text("module").op('t', 'Q'), "not a storage's");
    refused(pickle().storage("FloatStorage", "7", 1), "no entry data/7");
    refused(pickle().storage("FloatStorage", "../data.pkl", 1), "no entry data/../data.pkl");
    refused(pickle().storage("FloatStorage", "0", -1), "not a storage's");
    refused(pickle().storage("FloatStorage", "0", 7), "takes 28 bytes where the file has 24");
    refused(pickle().storage("DoubleStorage", "0", 6), "takes 48 bytes where the file has 24");
    refused(pickle().storage("DoubleStorage", "0", 1L << 61), "larger than any file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 7 | 1 | beyond the 6 elements",
        "5 | 2 | 1 | beyond the 6 elements",
        "0 | 2 | 6 | beyond the 6 elements",
        "9223372036854775807 | 1 | 1 | beyond",
        "0 | 9223372036854775807 | 9223372036854775807 | beyond",
        "-1 | 1 | 1 | negative",
        "0 | -1 | 1 | negative",
        "5 | 2 | -1 | negative",
        "0 | 9223372036854775807 | 0 | repeats its elements",
        "0 | 1000 | 0 | repeats its elements",
      })
  void a_view_stays_within_its_storage(long offset, long size, long stride, String message) {
    long[] sizes = {size};
    refused(
        pickle()
            .op('}')
            .text("w")
            .tensor("FloatStorage", "0", 6, offset, sizes, new long[] {stride})
            .op('s'),
        message);
  }

  @Test
  void a_tensors_arguments_are_of_the_right_kind() {
    refused(
        pickle().tensor("FloatStorage", "0", 6, 0, new long[] {1, 1}, new long[] {1}),
        "2 sizes and 1 strides");
    refused(pickle().tensor("FloatStorage", "0", 6, 0, new long[17], new long[17]), "at most 16");
    PickleWriter rebuild = pickle().global("torch._utils", "_rebuild_tensor_v2");
    refused(rebuild.op(')', 'R'), "argument 1 missing where a storage belongs");
    refused(
        pickle()
            .global("torch._utils", "_rebuild_tensor_v2")
            .op('(')
            .storage("FloatStorage", "0", 6)
            .text("0")
            .numbers(1)
            .numbers(1)
            .op('t', 'R'),
        "argument 2 a str where a whole number belongs");
    refused(
        pickle()
            .global("torch._tensor", "_rebuild_from_type_v2")
            .global("torch", "Size")
            .op('N', ')', 'N', 't', 'R'),
        "there is no mark");
  }

  @Test
  void legacy_storages_fit_their_tensors_and_the_file() {
    byte[] good = legacy();
    assertThat(TorchFile.open(TestTorch.write(path(), good)).tensors()).containsOnlyKeys("w");
    byte[] count = good.clone();
    count[good.length - 32] = 5;
    refused(TestTorch.write(path(), count), "has 5 elements where its tensors name 6");
    refused(TestTorch.write(path(), Arrays.copyOf(good, good.length - 1)), "takes 24 bytes where");
    refused(
        TestTorch.write(path(), Arrays.copyOf(good, good.length - 25)), "ends before a storage");
    PickleWriter none = TestTorch.legacyHead(true).raw(legacyPickle()).raw(pickle().op(']').stop());
    refused(TestTorch.write(path(), none.bytes()), "storage '0' is not in the file");
  }

  private static byte[] legacyPickle() {
    return pickle()
        .op('}')
        .text("w")
        .global("torch._utils", "_rebuild_tensor_v2")
        .op('(', '(')
        .text("storage")
        .global("torch", "FloatStorage")
        .text("0")
        .text("cpu")
        .number(6)
        .op('N', 't', 'Q')
        .number(0)
        .numbers(2, 3)
        .numbers(1, 2)
        .op(0x89, 'N', 't', 'R', 's')
        .stop();
  }

  private byte[] legacy() {
    Path file =
        TestTorch.legacy(path(), legacyPickle(), Map.of("0", TestTorch.counting(6)), Float.BYTES);
    return read(file);
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void files_with_other_bytes_read_within_themselves_or_are_refused() {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    sizes.put("0", 6);
    sizes.put("1", 3);
    Map<String, byte[]> data = Map.of("0", TestTorch.counting(6), "1", TestTorch.counting(3));
    byte[] zip = read(TestTorch.zip(path(), PickleWriter.vectors(sizes), data));
    Random random = new Random(5);
    int opened = 0;
    for (byte[] good : new byte[][] {zip, legacy()}) {
      for (int i = 0; i < 1500; i++) {
        byte[] bytes = good.clone();
        for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        opened += readable(i % 4 == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
      }
    }
    assertThat(opened).isBetween(100, 2900);
  }

  /** 1 if it opens, 0 if it is refused; anything else fails the test. */
  private int readable(byte[] bytes) {
    Path file = TestTorch.write(path(), bytes);
    try {
      TorchFile read = TorchFile.open(file);
      for (TensorInfo t : read.tensors().values()) {
        long span = t.view().map(TensorInfo.View::span).orElse(t.elements()) * t.dtype().bytes();
        assertThat(t.offset()).isNotNegative();
        assertThat(t.offset() + (t.length() == 0 ? 0 : span)).isLessThanOrEqualTo(bytes.length);
      }
      return 1;
    } catch (LuthierException e) {
      assertThat(e).hasMessageContaining(file.toString());
      return 0;
    }
  }

  @Test
  void zips_that_do_not_tell_the_truth_are_refused() {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a/data.pkl", pickle().op('}').text("w").vector("0", 6).op('s').stop());
    entries.put("a/data/0", TestTorch.counting(6));
    entries.put("a/data/1", TestTorch.counting(6));
    byte[] good = read(TestTorch.archive(path(), entries));
    assertThat(TorchFile.open(path()).tensors()).containsOnlyKeys("w");
    refused(TestTorch.write(path(), Arrays.copyOf(good, good.length - 30)), "cut short");
    refused(TestTorch.write(path(), Arrays.copyOf(good, good.length / 2)), "cut short");

    int directory = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt(good.length - 6);
    int second = directory + 46 + "a/data.pkl".length();
    int third = second + 46 + "a/data/0".length();
    refused(changed(good, second + 10, 8), "'a/data/0' of the zip file: it is compressed");
    refused(changed(good, second + 8, 1), "compressed or encrypted");
    refused(changed(good, second + 24, 23), "another size than its data");
    refused(changed(good, second + 27, 0x7f, second + 23, 0x7f), "do not fit the file");
    refused(changed(good, second + 42, good[third + 42]), "its own header differ");
    refused(changed(good, second + 24, 70, second + 20, 70), "overlap another entry's");
    refused(changed(good, good.length - 3, 0x7f), "outside of the file");
    refused(changed(good, directory, 0), "directory is broken");

    byte[] twice =
        new String(good, StandardCharsets.ISO_8859_1)
            .replace("a/data/1", "a/data/0")
            .getBytes(StandardCharsets.ISO_8859_1);
    refused(TestTorch.write(path(), twice), "'a/data/0' of the zip file: it is there twice");
    for (String name : new String[] {"../data/0", "a/../b", "/etc/passwd", "a\\b", "C:x"}) {
      entries.put(name, new byte[1]);
      refused(TestTorch.archive(path(), entries), "its name leads out of the file");
      entries.remove(name);
    }
  }

  private Path changed(byte[] good, int... placesAndValues) {
    byte[] bytes = good.clone();
    for (int i = 0; i < placesAndValues.length; i += 2) {
      bytes[placesAndValues[i]] = (byte) placesAndValues[i + 1];
    }
    return TestTorch.write(path(), bytes);
  }
}
