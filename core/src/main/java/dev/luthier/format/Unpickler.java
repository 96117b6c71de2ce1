package dev.luthier.format;

import dev.luthier.format.Pickled.Dict;
import dev.luthier.format.Pickled.Kind;
import dev.luthier.format.Pickled.None;
import dev.luthier.format.Pickled.Sequence;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle (protocols 0 to 5) that holds tensors and plain containers, and refuses every
 * other at the opcode that asks for more.
 *
 * <p>A pickle is a program for a machine with a stack and a memo. In Python it can import and call
 * anything; here a name that {@link TorchGlobals} does not list ends it before anything is built,
 * and what is listed has no effect outside of this object. Nothing recurses, so depth costs no Java
 * stack; the heap that a pickle can claim is bounded by the limits below.
 */
final class Unpickler {
  private static final int MOST_OPCODES = 4_000_000;
  private static final int DEEPEST_STACK = 1_000_000;
  private static final int MOST_MARKS = 1000;
  private static final int LONGEST_INTEGER = 64;
  private static final int NEWEST_PROTOCOL = 5;

  /** Finds what stands outside of the pickle. */
  interface Persistent {
    /** What {@code BINPERSID}'s argument names. */
    TorchStorage load(Object id) throws PickleException;
  }

  private final PickleInput in;
  private final Persistent persistent;
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();

  private Unpickler(PickleInput in, Persistent persistent) {
    this.in = in;
    this.persistent = persistent;
  }

  /**
   * Reads one object; the input then stands behind its {@code STOP}.
   *
   * @param where the file, for messages
   * @throws dev.luthier.LuthierException naming opcode and byte of what is refused
   */
  static Object load(String where, PickleInput in, Persistent persistent) throws IOException {
    long start = in.position();
    Unpickler unpickler = new Unpickler(in, persistent);
    long at = start;
    String opcode = "its first";
    try {
      for (int count = 0; count < MOST_OPCODES; count++) {
        at = in.position();
        int code = in.read();
        opcode = String.format("0x%02x", code);
        PickleOp op = PickleOp.of(code).orElseThrow(() -> new PickleException("no opcode at all"));
        opcode = op.name();
        if (op == PickleOp.STOP) {
          return unpickler.pop();
        }
        unpickler.step(op);
      }
      throw new PickleException("more than " + MOST_OPCODES + " opcodes");
    } catch (PickleException e) {
      throw TorchFile.refused(
          where, "byte " + (at - start) + " of its pickle (opcode " + opcode + "): " + e.what());
    }
  }

  private void step(PickleOp op) throws IOException, PickleException {
    switch (op) {
      case PROTO -> protocol(in.read());
      case FRAME -> in.number(8);
      case MARK -> mark();
      case POP -> pop();
      case POP_MARK -> popMark();
      case DUP -> push(top());
      case PUT -> memo.put(decimal(in.line()), top());
      case BINPUT -> memo.put(in.number(1), top());
      case LONG_BINPUT -> memo.put(in.number(4), top());
      case MEMOIZE -> memo.put((long) memo.size(), top());
      case GET -> push(remembered(decimal(in.line())));
      case BINGET -> push(remembered(in.number(1)));
      case LONG_BINGET -> push(remembered(in.number(4)));
      case APPEND -> append(Kind.LIST, List.of(pop()));
      case APPENDS -> append(Kind.LIST, popMark());
      case ADDITEMS -> append(Kind.SET, popMark());
      case SETITEM -> setItems(popLast(2));
      case SETITEMS -> setItems(popMark());
      case BINPERSID -> push(persistent.load(pop()));
      case GLOBAL -> push(global(in.line(), in.line()));
      case STACK_GLOBAL -> stackGlobal();
      case REDUCE -> reduce();
      case BUILD -> build();
      case INST -> throw foreign(in.line() + "." + in.line());
      case OBJ, NEWOBJ, NEWOBJ_EX ->
          throw new PickleException(
              "it makes an object of a class, which is not a plain container");
      case EXT1, EXT2, EXT4 ->
          throw new PickleException("it names a class by a number that only its writer knows");
      case PERSID, STRING, UNICODE, NEXT_BUFFER, READONLY_BUFFER ->
          throw new PickleException("torch.save does not write it");
      default -> push(value(op));
    }
  }

  private Object value(PickleOp op) throws IOException, PickleException {
    return switch (op) {
      case NONE -> None.NONE;
      case NEWTRUE -> true;
      case NEWFALSE -> false;
      case INT -> integer(in.line());
      case LONG -> large(in.line().replaceFirst("L$", ""));
      case BININT1 -> in.number(1);
      case BININT2 -> in.number(2);
      case BININT -> (long) (int) in.number(4);
      case LONG1 -> number(in.number(1));
      case LONG4 -> number(in.number(4));
      case FLOAT -> real(in.line());
      case BINFLOAT -> Double.longBitsToDouble(Long.reverseBytes(in.number(8)));
      case SHORT_BINUNICODE, SHORT_BINSTRING -> in.text(in.number(1));
      case BINUNICODE, BINSTRING -> in.text(in.number(4));
      case BINUNICODE8 -> in.text(in.number(8));
      case SHORT_BINBYTES -> in.bytes(in.number(1));
      case BINBYTES -> in.bytes(in.number(4));
      case BINBYTES8, BYTEARRAY8 -> in.bytes(in.number(8));
      case EMPTY_LIST -> new Sequence(Kind.LIST, List.of());
      case EMPTY_TUPLE -> new Sequence(Kind.TUPLE, List.of());
      case EMPTY_SET -> new Sequence(Kind.SET, List.of());
      case EMPTY_DICT -> new Dict(false);
      case LIST -> new Sequence(Kind.LIST, popMark());
      case TUPLE -> new Sequence(Kind.TUPLE, popMark());
      case FROZENSET -> new Sequence(Kind.SET, popMark());
      case TUPLE1 -> new Sequence(Kind.TUPLE, popLast(1));
      case TUPLE2 -> new Sequence(Kind.TUPLE, popLast(2));
      case TUPLE3 -> new Sequence(Kind.TUPLE, popLast(3));
      case DICT -> filled(popMark());
      default -> throw new IllegalStateException(op.name());
    };
  }

  private static void protocol(int version) throws PickleException {
    if (version > NEWEST_PROTOCOL) {
      throw new PickleException("protocol " + version + "; the newest is " + NEWEST_PROTOCOL);
    }
  }

  private void push(Object value) throws PickleException {
    if (stack.size() == DEEPEST_STACK) {
      throw new PickleException("more than " + DEEPEST_STACK + " values are open");
    }
    stack.add(value);
  }

  private void mark() throws PickleException {
    if (marks.size() == MOST_MARKS) {
      throw new PickleException("containers nested more than " + MOST_MARKS + " deep");
    }
    marks.add(stack.size());
  }

  /** Where the values since the last mark begin; what is below belongs to an outer container. */
  private int floor() {
    return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
  }

  private Object top() throws PickleException {
    if (stack.size() <= floor()) {
      throw new PickleException("the stack is empty");
    }
    return stack.get(stack.size() - 1);
  }

  private Object pop() throws PickleException {
    Object out = top();
    stack.remove(stack.size() - 1);
    return out;
  }

  private List<Object> popLast(int count) throws PickleException {
    if (stack.size() - floor() < count) {
      throw new PickleException("the stack is empty");
    }
    return cut(stack.size() - count);
  }

  private List<Object> popMark() throws PickleException {
    if (marks.isEmpty()) {
      throw new PickleException("there is no mark");
    }
    return cut(marks.remove(marks.size() - 1));
  }

  private List<Object> cut(int from) {
    List<Object> tail = stack.subList(from, stack.size());
    List<Object> out = new ArrayList<>(tail);
    tail.clear();
    return out;
  }

  private Object remembered(long key) throws PickleException {
    Object out = memo.get(key);
    if (out == null) {
      throw new PickleException("there is nothing under memo " + key);
    }
    return out;
  }

  private void append(Kind kind, List<Object> items) throws PickleException {
    if (!(top() instanceof Sequence s && s.kind() == kind)) {
      throw new PickleException("items for a " + Pickled.type(top()));
    }
    s.items().addAll(items);
  }

  private void setItems(List<Object> items) throws PickleException {
    if (!(top() instanceof Dict dict)) {
      throw new PickleException("keys and values for a " + Pickled.type(top()));
    }
    fill(dict, items);
  }

  private static Dict filled(List<Object> items) throws PickleException {
    Dict out = new Dict(false);
    fill(out, items);
    return out;
  }

  private static void fill(Dict dict, List<Object> items) throws PickleException {
    if (items.size() % 2 != 0) {
      throw new PickleException("a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      TorchGlobals.put(dict, items.get(i), items.get(i + 1));
    }
  }

  private void stackGlobal() throws PickleException {
    List<Object> names = popLast(2);
    if (names.get(0) instanceof String module && names.get(1) instanceof String name) {
      push(global(module, name));
    } else {
      throw new PickleException("a name that is not text");
    }
  }

  private static Object global(String module, String name) throws PickleException {
    return TorchGlobals.find(module, name).orElseThrow(() -> foreign(module + "." + name));
  }

  private static PickleException foreign(String name) {
    return new PickleException(
        "it asks for "
            + Problems.shortened(name)
            + ", which is neither a tensor nor a plain container; nothing was run. If you trust the"
            + " file, load it with PyTorch and save its state dict as safetensors; else ask its"
            + " author to");
  }

  private void reduce() throws PickleException {
    List<Object> call = popLast(2);
    if (call.get(0) instanceof TorchGlobals.Function function
        && call.get(1) instanceof Sequence arguments
        && arguments.kind() == Kind.TUPLE) {
      push(function.call(arguments.items()));
    } else {
      throw new PickleException("a call of a " + Pickled.type(call.get(0)));
    }
  }

  /** A state dict is an OrderedDict with an attribute {@code _metadata}, which nobody needs. */
  private void build() throws PickleException {
    Object state = pop();
    if (!(top() instanceof Dict dict && dict.hasAttributes() && state instanceof Dict)) {
      throw new PickleException("attributes for a " + Pickled.type(top()));
    }
  }

  private static Object integer(String line) throws PickleException {
    return switch (line) {
      case "00" -> false;
      case "01" -> true;
      default -> decimal(line);
    };
  }

  private static long decimal(String digits) throws PickleException {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw new PickleException("'" + Problems.shortened(digits) + "' is no number");
    }
  }

  private static Object large(String digits) throws PickleException {
    try {
      return shortest(new BigInteger(digits));
    } catch (NumberFormatException e) {
      throw new PickleException("'" + Problems.shortened(digits) + "' is no number");
    }
  }

  private static Object shortest(BigInteger number) {
    return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
  }

  private static Object real(String digits) throws PickleException {
    try {
      return Double.parseDouble(digits);
    } catch (NumberFormatException e) {
      throw new PickleException("'" + Problems.shortened(digits) + "' is no number");
    }
  }

  /** A little-endian two's complement: a long where it fits. */
  private Object number(long count) throws IOException, PickleException {
    if (count > LONGEST_INTEGER) {
      throw new PickleException("an integer of " + count + " bytes");
    }
    byte[] little = in.bytes(count);
    byte[] big = new byte[little.length + 1];
    big[0] = (byte) (little.length > 0 && little[little.length - 1] < 0 ? -1 : 0);
    for (int i = 0; i < little.length; i++) {
      big[little.length - i] = little[i];
    }
    return shortest(new BigInteger(big));
  }
}
