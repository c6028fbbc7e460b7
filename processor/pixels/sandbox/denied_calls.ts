/**
 * System calls that a pixel process has no use for and an attacker has, each refused with EPERM. Numbers of both
 * processors come from libseccomp, which knows a call by its name.
 */

/** Calls that are refused whatever their arguments are, by what they would reach. */
export const DENIED_CALLS = {
  network: "socket socketpair connect bind listen accept accept4",
  programs: "execve execveat fork vfork uselib",
  otherProcesses:
    "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_open pidfd_getfd pidfd_send_signal kill tkill rt_sigqueueinfo rt_tgsigqueueinfo setpgid setpriority ioprio_set sched_setscheduler sched_setparam sched_setattr migrate_pages move_pages",
  files:
    "creat truncate mkdir mkdirat mknod mknodat rmdir link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 chmod fchmod fchmodat chown lchown fchown fchownat utime utimes utimensat futimesat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr fallocate name_to_handle_at open_by_handle_at memfd_create memfd_secret inotify_init inotify_init1 inotify_add_watch fanotify_init fanotify_mark",
  sharedMemory:
    "shmget shmat shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink mq_notify",
  namespaces:
    "unshare setns mount umount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr",
  identity:
    "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset setsid keyctl add_key request_key personality",
  kernel:
    "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff syslog acct quotactl quotactl_fd sysfs settimeofday stime clock_settime clock_adjtime adjtimex sethostname setdomainname ioperm iopl modify_ldt lookup_dcookie vhangup vm86 vm86old nfsservctl",
} as const;

/** Calls whose answer is ENOSYS, so that the C library falls back to one whose arguments a filter can see. */
export const ABSENT_CALLS = ["clone3", "openat2"];

/** When a call is refused: an argument differs from a value, or has a value under a mask. */
export interface ArgumentRule {
  readonly call: string;
  /** Position of the argument, from 0. */
  readonly argument: number;
  readonly differsFrom?: number;
  /** Bits that are compared; all 32 where it is left out. The kernel ignores the upper half of such arguments. */
  readonly mask?: number;
  readonly equals?: number;
}

const CLONE_THREAD = 0x10000;
/** Mounts, cgroups, host names, IPC, users, process ids, network, and time (which shares its bit with a signal's number). */
const CLONE_NEW = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];
/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC. */
const WRITING = [0o1, 0o2, 0o100, 0o1000];
/** F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY: the kernel signals another process when a file is ready. */
const SIGNALLING = [8, 10, 15, 1026];
/** FIOSETOWN, SIOCSPGRP (likewise), TIOCSTI, TIOCLINUX (type into a terminal). */
const IOCTLS = [0x8901, 0x8902, 0x5412, 0x541c];

/** Calls that are refused with some arguments, in a process with this id. */
export function argumentRules(pid: number): ArgumentRule[] {
  const hasBit = (call: string, argument: number) => (bit: number) => ({
    call,
    argument,
    mask: bit,
    equals: bit,
  });
  const isValue = (call: string, argument: number) => (equals: number) => ({
    call,
    argument,
    equals,
  });
  return [
    // A crash ends by a signal to the process itself.
    { call: "tgkill", argument: 0, differsFrom: pid },
    // 0 is the caller: a limit or a set of processors can stop another process as well as a signal does.
    { call: "prlimit64", argument: 0, differsFrom: 0 },
    { call: "sched_setaffinity", argument: 0, differsFrom: 0 },
    { call: "clone", argument: 0, mask: CLONE_THREAD, equals: 0 },
    ...CLONE_NEW.map(hasBit("clone", 0)),
    ...WRITING.map(hasBit("open", 1)),
    ...WRITING.map(hasBit("openat", 2)),
    ...SIGNALLING.map(isValue("fcntl", 1)),
    ...IOCTLS.map(isValue("ioctl", 1)),
  ];
}
