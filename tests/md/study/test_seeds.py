from lfa1_md.study.seeds import derive


def test_seeds_are_what_openmm_takes():
    seeds = [derive(2022, "closed", "replica", n, "velocities") for n in range(2000)]
    assert all(1 <= seed <= 2**31 - 1 for seed in seeds)
    assert len(set(seeds)) == len(seeds)


def test_same_labels_same_seed_and_any_change_another():
    seed = derive(1, "closed", "replica", 0)
    assert derive(1, "closed", "replica", 0) == seed
    assert seed not in (derive(2, "closed", "replica", 0), derive(1, "open", "replica", 0))
    # Labels are told apart: replica 1 of segment 11 is not replica 11 of segment 1.
    assert derive(1, "a", 1, 11) != derive(1, "a", 11, 1)
    assert derive(1, "a1") != derive(1, "a", "1")
