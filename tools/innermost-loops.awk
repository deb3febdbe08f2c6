# Reads a disassembly, and calls report() for every innermost loop with at least four products. A
# loop is the code enclosed by a backward jump. Functions that depend on the instruction set come
# from a second program:
#
#   target()    the address that the instruction in $0 may jump to, as written at the beginning of its line; empty if it is not a jump
#   isProduct(line, operation), isLoad(line, operation), isCall(line, operation), isSpill(line, operation)
#   report(products, loads, calls, spills, instructions, name)

function finish(   i, j, k, inner, products, loads, calls, spills) {
  for (i = 0; i < loopCount; i++) {
    inner = 1
    for (j = 0; j < loopCount; j++)
      if (j != i && from[j] >= from[i] && to[j] <= to[i] && (from[j] != from[i] || to[j] < to[i])) inner = 0
    if (!inner) continue
    products = loads = calls = spills = 0
    for (k = from[i]; k <= to[i]; k++) {
      products += isProduct(line[k], operation[k])
      calls += isCall(line[k], operation[k])
      if (isSpill(line[k], operation[k])) spills++
      else loads += isLoad(line[k], operation[k])
    }
    if (products >= 4) report(products, loads, calls, spills, to[i] - from[i] + 1, name)
  }
}

/^[0-9a-f]+ <.*>:$/ {
  finish()
  # Replaces the mark of Embedded Swift by one that the demangler knows.
  name = substr($2, 2, length($2) - 3)
  sub(/^[$]e/, "$s", name)
  count = loopCount = 0
  delete place
  next
}

/^ +[0-9a-f]+:/ {
  address = $1
  sub(":", "", address)
  place[address] = count
  line[count] = $0
  operation[count] = $2
  address = target()
  if (address != "" && (address in place)) {
    from[loopCount] = place[address]
    to[loopCount++] = count
  }
  count++
}

END { finish() }
