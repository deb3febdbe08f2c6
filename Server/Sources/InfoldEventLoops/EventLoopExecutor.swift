package import NIOCore
package import NIOPosix

/// Runs tasks on an event loop, so that requests and responses of a connection do not switch
/// threads.
///
/// A task that takes long would block the other connections of the loop. Such work belongs on
/// another thread (`onOtherThread(if:)`).
package final class EventLoopExecutor: TaskExecutor {
  private let eventLoop: any EventLoop

  /// - Parameter eventLoop: The event loop of the connections.
  package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Runs tasks on the event loop that resumes them, or on any loop of a group. Used where the
/// connection of a task is unknown.
package final class EventLoopGroupExecutor: TaskExecutor {
  private let group: MultiThreadedEventLoopGroup

  /// - Parameter group: The event loops.
  package init(_ group: MultiThreadedEventLoopGroup) { self.group = group }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let eventLoop = MultiThreadedEventLoopGroup.currentEventLoop ?? group.next()
    eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Runs `body` on the calling thread's event loop, even after suspensions.
package func onCurrentEventLoop<Output, Failure: Error>(
  _ body: () async throws(Failure) -> Output
) async throws(Failure) -> Output {
  guard let eventLoop = MultiThreadedEventLoopGroup.currentEventLoop else { return try await body() }
  return try await withTaskExecutorPreference(EventLoopExecutor(eventLoop), operation: body)
}

/// Runs `body`, which may block a thread for long, on a thread without connections.
/// - Parameter isLong: Whether `body` may take long; otherwise it runs directly.
package func onOtherThread<Output, Failure: Error>(
  if isLong: Bool = true, _ body: () async throws(Failure) -> Output
) async throws(Failure) -> Output {
  guard isLong else { return try await body() }
  return try await withTaskExecutorPreference(globalConcurrentExecutor, operation: body)
}
