/**
 * A static Linux program that prints a greeting, or writes it to the file that its argument names: small enough to be
 * written down here as machine code, so that the first image needs neither a compiler nor a network.
 *
 *     fd = argc < 2 ? 1 : open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644)
 *     exit(write(fd, greeting) < 0)
 */
export function helloProgram(architecture: string, greeting: string): Buffer {
  const machine = machines[architecture];
  if (machine === undefined)
    throw new Error(`the greeting program is written for x64 and arm64, not for ${architecture}`);
  const text = Buffer.from(greeting, 'utf8');
  const headers = elfHeaderSize + programHeaderSize;
  const code = machine.code(text.byteLength);
  const file = Buffer.concat([Buffer.alloc(headers), code, text]);

  // ELF-64 specification, "ELF Header": little-endian, System V, an executable of one segment.
  file.write('\x7fELF', 0, 'latin1');
  file.set([2, 1, 1, 0], 4);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine.elf, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(loadAddress + BigInt(headers), 24);
  file.writeBigUInt64LE(BigInt(elfHeaderSize), 32);
  file.writeUInt16LE(elfHeaderSize, 52);
  file.writeUInt16LE(programHeaderSize, 54);
  file.writeUInt16LE(1, 56);

  // "Program Header": load the whole file, readable and executable.
  file.writeUInt32LE(1, elfHeaderSize);
  file.writeUInt32LE(5, elfHeaderSize + 4);
  file.writeBigUInt64LE(loadAddress, elfHeaderSize + 16);
  file.writeBigUInt64LE(loadAddress, elfHeaderSize + 24);
  file.writeBigUInt64LE(BigInt(file.byteLength), elfHeaderSize + 32);
  file.writeBigUInt64LE(BigInt(file.byteLength), elfHeaderSize + 40);
  file.writeBigUInt64LE(0x10000n, elfHeaderSize + 48);
  return file;
}

const elfHeaderSize = 64;
const programHeaderSize = 56;
const loadAddress = 0x400000n;

interface Machine {
  /** The ELF number of the architecture. */
  readonly elf: number;
  /** The instructions; the greeting of `length` bytes follows them directly. */
  code(length: number): Buffer;
}

const machines: Readonly<Record<string, Machine>> = {
  x64: { elf: 62, code: x64 },
  arm64: { elf: 183, code: arm64 },
};

function x64(length: number): Buffer {
  const code = Buffer.from(
    [
      'bf01000000', //     mov  edi, 1
      '48833c2402', //     cmp  qword [rsp], 2
      '7c18', //           jl   write
      '488b7c2410', //     mov  rdi, [rsp + 16]
      'be41020000', //     mov  esi, 0x241
      'baa4010000', //     mov  edx, 0644
      'b802000000', //     mov  eax, 2 (open)
      '0f05', //           syscall
      '89c7', //           mov  edi, eax
      '488d351a000000', // write: lea rsi, [rip + 26], the greeting
      'ba00000000', //     mov  edx, length
      'b801000000', //     mov  eax, 1 (write)
      '0f05', //           syscall
      '4889c7', //         mov  rdi, rax
      '48c1ef3f', //       shr  rdi, 63
      'b83c000000', //     mov  eax, 60 (exit)
      '0f05', //           syscall
    ].join(''),
    'hex',
  );
  code.writeUInt32LE(length, 44);
  return code;
}

function arm64(length: number): Buffer {
  const words = [
    0xf94003e9, // ldr  x9, [sp]
    0xf100093f, // cmp  x9, 2
    0xd2800020, // mov  x0, 1
    0x540000eb, // b.lt write
    0xf9400be1, // ldr  x1, [sp, 16]
    0x92800c60, // mov  x0, -100 (AT_FDCWD)
    0xd2804822, // mov  x2, 0x241
    0xd2803483, // mov  x3, 0644
    0xd2800708, // mov  x8, 56 (openat)
    0xd4000001, // svc  0
    0x100000e1, // write: adr x1, the greeting
    (0xd2800002 | (length << 5)) >>> 0, // mov x2, length
    0xd2800808, // mov  x8, 64 (write)
    0xd4000001, // svc  0
    0xd37ffc00, // lsr  x0, x0, 63
    0xd2800ba8, // mov  x8, 93 (exit)
    0xd4000001, // svc  0
  ];
  const code = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) code.writeUInt32LE(word, index * 4);
  return code;
}
