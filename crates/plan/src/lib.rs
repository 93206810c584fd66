//! Compensation plan, pure: plan files, compiler, sponsor tree, pools, rewards, replay.
