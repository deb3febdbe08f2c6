/// A binary heap of integers that returns the smallest first.
struct MinimumHeap {
  /// The heap array: the children of element i are 2i + 1 and 2i + 2, and neither is smaller than
  /// its parent.
  private var numbers: [Int] = []

  init(_ numbers: some Sequence<Int>) {
    for number in numbers { insert(number) }
  }

  mutating func insert(_ number: Int) {
    numbers.append(number)
    var place = numbers.count - 1
    while place > 0, numbers[place] < numbers[(place - 1) / 2] {
      numbers.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// Removes and returns the smallest number, or returns `nil` if the heap is empty.
  mutating func popMinimum() -> Int? {
    guard let minimum = numbers.first else { return nil }
    let last = numbers.removeLast()
    guard !numbers.isEmpty else { return minimum }
    numbers[0] = last
    var place = 0
    while 2 * place + 1 < numbers.count {
      var child = 2 * place + 1
      if child + 1 < numbers.count, numbers[child + 1] < numbers[child] { child += 1 }
      guard numbers[child] < numbers[place] else { break }
      numbers.swapAt(place, child)
      place = child
    }
    return minimum
  }
}
