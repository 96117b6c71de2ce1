package dev.luthier.llamacpp;

import com.sun.jna.Memory;
import com.sun.jna.Native;

/** Tokens of one forward pass, of one or several sequences. For one thread. */
public final class LlamaBatch {
  private final int room;
  private final Memory tokens;
  private final Memory positions;
  private final Memory counts;
  private final Memory sequences;
  private final Memory sequencePointers;
  private final Memory outputs;
  private int size;

  /**
   * @param room tokens at most
   */
  public LlamaBatch(int room) {
    this.room = room;
    this.tokens = new Memory(4L * room);
    this.positions = new Memory(4L * room);
    this.counts = new Memory(4L * room);
    this.sequences = new Memory(4L * room);
    this.sequencePointers = new Memory((long) Native.POINTER_SIZE * room);
    this.outputs = new Memory(room);
    for (int i = 0; i < room; i++) {
      counts.setInt(4L * i, 1);
      sequencePointers.setPointer((long) Native.POINTER_SIZE * i, sequences.share(4L * i));
    }
  }

  /**
   * Adds a token.
   *
   * @param position in its sequence, from 0
   * @param sequence whose it is: 0 and up
   * @param output whether the pass gives logits (or an embedding) for it
   * @return its index in this batch, by which its output is asked for
   */
  public int add(int token, int position, int sequence, boolean output) {
    if (size == room) {
      throw new IllegalStateException("the batch has room for " + room + " tokens");
    }
    tokens.setInt(4L * size, token);
    positions.setInt(4L * size, position);
    sequences.setInt(4L * size, sequence);
    outputs.setByte(size, output ? LlamaApi.TRUE : LlamaApi.FALSE);
    return size++;
  }

  /** Tokens in it. */
  public int size() {
    return size;
  }

  /** Tokens that it can hold. */
  public int room() {
    return room;
  }

  /** Takes all tokens out. */
  public void clear() {
    size = 0;
  }

  LlamaApi.Batch struct() {
    LlamaApi.Batch batch = new LlamaApi.Batch();
    batch.count = size;
    batch.tokens = tokens;
    batch.positions = positions;
    batch.sequenceCounts = counts;
    batch.sequences = sequencePointers;
    batch.outputs = outputs;
    return batch;
  }
}
