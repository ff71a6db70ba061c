"""The literature that the page may cite, and its numbering in order of first use."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True)
class Reference:
    """One publication; `link` is a DOI, a number of PubMed Central or PubMed, or empty.

    `text` is what the page shows: ``authors year, [program,] journal volume, page`` or a citation
    in full, ``authors (year) title. journal volume, pages``. `bibtex` reads both.
    """

    text: str
    link: str = ""
    title: str = ""

    @property
    def url(self) -> str:
        """Where it is found."""
        if self.link.startswith("PMC"):
            return f"https://pmc.ncbi.nlm.nih.gov/articles/{self.link}/"
        if self.link.startswith("PMID"):
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.link.removeprefix('PMID')}/"
        return f"https://doi.org/{self.link}" if self.link else ""

    @property
    def identity(self) -> str:
        """What two entries of the same publication share: DOIs do not tell case apart."""
        return self.link.lower() or self.text


_JCTC = "J. Chem. Theory Comput."
LITERATURE: dict[str, Reference] = {
    "ff19sb": Reference(
        f"Tian et al. 2020, {_JCTC} 16, 528",
        "10.1021/acs.jctc.9b00591",
        "ff19SB: Amino-Acid-Specific Protein Backbone Parameters Trained against "
        "Quantum Mechanics Energy Surfaces in Solution",
    ),
    "ff14sb": Reference(
        f"Maier et al. 2015, {_JCTC} 11, 3696",
        "10.1021/acs.jctc.5b00255",
        "ff14SB: Improving the Accuracy of Protein Side Chain and Backbone Parameters from ff99SB",
    ),
    "charmm36": Reference(f"Best et al. 2012, {_JCTC} 8, 3257", "10.1021/ct300400x"),
    "charmm36m": Reference("Huang et al. 2017, Nat. Methods 14, 71", "10.1038/nmeth.4067"),
    "opc3": Reference(
        "Izadi & Onufriev 2016, J. Chem. Phys. 145, 074501",
        "10.1063/1.4960175",
        "Accuracy Limit of Rigid 3-Point Water Models",
    ),
    "opc": Reference(
        "Izadi, Anandakrishnan & Onufriev 2014, J. Phys. Chem. Lett. 5, 3863",
        "10.1021/jz501780a",
        "Building Water Models: A Different Approach",
    ),
    "tip3p": Reference("Jorgensen et al. 1983, J. Chem. Phys. 79, 926", "10.1063/1.445869"),
    "divalent": Reference(
        f"Li et al. 2020, {_JCTC} 16, 4429",
        "10.1021/acs.jctc.0c00194",
        "Systematic Parametrization of Divalent Metal Ions for the OPC3, OPC, TIP3P-FB,"
        " and TIP4P-FB Water Models",
    ),
    "divalent_tip3p": Reference(f"Li et al. 2013, {_JCTC} 9, 2733", "10.1021/ct400146w"),
    "monovalent": Reference(
        "Sengupta et al. 2021, J. Chem. Inf. Model. 61, 869",
        "10.1021/acs.jcim.0c01390",
        "Parameterization of Monovalent Ions for the OPC3, OPC, TIP3P-FB, and TIP4P-FB "
        "Water Models",
    ),
    "joung": Reference("Joung & Cheatham 2008, J. Phys. Chem. B 112, 9020", "10.1021/jp8001614"),
    "openmm": Reference(
        "Eastman et al. 2024, OpenMM 8, J. Phys. Chem. B 128, 109",
        "10.1021/acs.jpcb.3c06662",
        "OpenMM 8: Molecular Dynamics Simulation with Machine Learning Potentials",
    ),
    "langevin": Reference(
        "Zhang et al. 2019, J. Phys. Chem. A 123, 6056",
        "10.1021/acs.jpca.9b02771",
        "Unified Efficient Thermostat Scheme for the Canonical Ensemble with Holonomic "
        "or Isokinetic Constraints via Molecular Dynamics",
    ),
    "barostat": Reference(
        "Åqvist et al. 2004, Chem. Phys. Lett. 384, 288", "10.1016/j.cplett.2003.12.039"
    ),
    "pme": Reference(
        "Essmann et al. 1995, J. Chem. Phys. 103, 8577",
        "10.1063/1.470117",
        "A Smooth Particle Mesh Ewald Method",
    ),
    "hmr": Reference(
        f"Hopkins et al. 2015, {_JCTC} 11, 1864",
        "10.1021/ct5010406",
        "Long-Time-Step Molecular Dynamics through Hydrogen Mass Repartitioning",
    ),
    "settle": Reference(
        "Miyamoto & Kollman 1992, J. Comput. Chem. 13, 952", "10.1002/jcc.540130805"
    ),
    "ccma": Reference(f"Eastman & Pande 2010, {_JCTC} 6, 434", "10.1021/ct900463w"),
    "propka": Reference(
        f"Olsson et al. 2011, PROPKA3, {_JCTC} 7, 525",
        "10.1021/ct100578z",
        "PROPKA3: Consistent Treatment of Internal and Surface Residues in Empirical "
        "pKa Predictions",
    ),
    "mdanalysis": Reference(
        "Michaud-Agrawal et al. 2011, MDAnalysis, J. Comput. Chem. 32, 2319",
        "10.1002/jcc.21787",
        "MDAnalysis: A Toolkit for the Analysis of Molecular Dynamics Simulations",
    ),
    "snakemake": Reference(
        "Mölder et al. 2021, Snakemake, F1000Research 10, 33",
        "10.12688/f1000research.29032.2",
        "Sustainable Data Analysis with Snakemake",
    ),
    "equilibration": Reference(
        f"Chodera 2016, {_JCTC} 12, 1799",
        "10.1021/acs.jctc.5b00784",
        "A Simple Method for Automated Equilibration Detection in Molecular Simulations",
    ),
    "inefficiency": Reference(
        f"Chodera et al. 2007, {_JCTC} 3, 26",
        "10.1021/ct0502864",
        "Use of the Weighted Histogram Analysis Method for the Analysis of Simulated and Parallel "
        "Tempering Simulations",
    ),
    "mbar": Reference(
        "Shirts & Chodera 2008, J. Chem. Phys. 129, 124105",
        "10.1063/1.2978177",
        "Statistically Optimal Analysis of Samples from Multiple Equilibrium States",
    ),
    "umbrella": Reference(
        "Torrie & Valleau 1977, J. Comput. Phys. 23, 187", "10.1016/0021-9991(77)90121-8"
    ),
    "overlap": Reference(
        "Klimovich, Shirts & Mobley 2015, J. Comput. Aided Mol. Des. 29, 397",
        "10.1007/s10822-015-9840-9",
    ),
    "work": Reference("Jarzynski 1997, Phys. Rev. Lett. 78, 2690", "10.1103/PhysRevLett.78.2690"),
    "crooks": Reference("Crooks 1999, Phys. Rev. E 60, 2721", "10.1103/PhysRevE.60.2721"),
    "bar": Reference("Bennett 1976, J. Comput. Phys. 22, 245", "10.1016/0021-9991(76)90078-4"),
    "linkage": Reference("Wyman 1964, Adv. Protein Chem. 19, 223"),
    "bca": Reference("Efron 1987, J. Am. Stat. Assoc. 82, 171", "10.1080/01621459.1987.10478410"),
    "holm": Reference("Holm 1979, Scand. J. Stat. 6, 65"),
    "dissipation": Reference(
        "Jarzynski 2006, Phys. Rev. E 73, 046105", "10.1103/PhysRevE.73.046105"
    ),
    "experiment": Reference(
        "Wojcikiewicz et al. 2006, Biomacromolecules 7, 3188", "10.1021/bm060559c"
    ),
    "3F74": Reference(
        "Zhang et al. 2009, FASEB J. 23, 2735",
        "10.1096/fj.09-129908",
        "Crystal structure of isoflurane bound to integrin LFA-1 supports a unified mechanism of "
        "volatile anesthetic action in the immune and central nervous systems",
    ),
    "3HI6": Reference(
        "Zhang et al. 2009, Proc. Natl Acad. Sci. USA 106, 18345",
        "10.1073/pnas.0909301106",
        "Structural basis of activation-dependent binding of ligand-mimetic antibody AL-57 to "
        "integrin LFA-1",
    ),
    "complex": Reference(
        "Shimaoka et al. 2003, Cell 112, 99",
        "10.1016/S0092-8674(02)01257-6",
        "Structures of the αL I domain and its complex with ICAM-1 reveal a shape-shifting "
        "pathway for integrin regulation",
    ),
    "sasa": Reference(
        "Shrake & Rupley 1973, J. Mol. Biol. 79, 351", "10.1016/0022-2836(73)90011-9"
    ),
    "radii": Reference("Bondi 1964, J. Phys. Chem. 68, 441", "10.1021/j100785a001"),
    "irmsd": Reference("Méndez et al. 2003, Proteins 52, 51", "10.1002/prot.10393"),
    "hydrogen_bond": Reference("Luzar & Chandler 1996, Nature 379, 55", "10.1038/379055a0"),
    "salt_bridge": Reference(
        "Barlow & Thornton 1983, J. Mol. Biol. 168, 867", "10.1016/S0022-2836(83)80079-5"
    ),
    "vorup_jensen": Reference(
        "Vorup-Jensen et al. 2007, Biochim. Biophys. Acta 1774, 1148",
        "10.1016/j.bbapap.2007.06.014",
        "The connection between metal ion affinity and ligand affinity in integrin I domains",
    ),
    "ajroud": Reference("Ajroud et al. 2004, J. Biol. Chem. 279, 25483", "10.1074/jbc.M402901200"),
    "xiang": Reference(
        "Xiang et al. 2011, PLoS ONE 6, e27946",
        "10.1371/journal.pone.0027946",
        "Structural Basis and Kinetics of Force-Induced Conformational Changes of an αA "
        "Domain-Containing Integrin",
    ),
    "griggs": Reference(
        "Griggs et al. 1998, J. Biol. Chem. 273, 22113",
        "",
        "Characteristics of cation binding to the I domains of LFA-1 and MAC-1",
    ),
    "labadia": Reference(
        "Labadia et al. 1998, J. Immunol. 161, 836",
        "",
        "Molecular Regulation of the Interaction Between Leukocyte Function-Associated Antigen-1 "
        "and Soluble ICAM-1 by Divalent Metal Cations",
    ),
    "loetscher": Reference("Lötscher et al. 2022, Cell 185, 585", "10.1016/j.cell.2021.12.039"),
    "qu": Reference("Qu & Leahy 1996, Structure 4, 931", "10.1016/S0969-2126(96)00100-1"),
    "isolated": Reference(
        "Zhang et al. 2005, J. Biol. Chem. 280, 42207",
        "10.1074/jbc.M510407200",
        "Two-dimensional kinetics regulation of αLβ2–ICAM-1 interaction by conformational changes "
        "of the αL-inserted domain",
    ),
    "leung": Reference("Leung et al. 2014, Protein Sci. 23, 1596", "10.1002/pro.2538"),
    "kukic": Reference("Kukic et al. 2015, Structure 23, 745", "10.1016/j.str.2014.12.020"),
    "nunes": Reference(
        "Nunes et al. 2018, Structure 26, 1080",
        "PMID29937357",
        "Magnesium Activates Microsecond Dynamics to Regulate Integrin–Collagen Recognition",
    ),
    "shimaoka2001": Reference(
        "Shimaoka et al. 2001, Proc. Natl Acad. Sci. USA 98, 6009", "PMC33413"
    ),
}


@dataclass
class Bibliography:
    """Numbers references in the order in which they are first cited."""

    used: list[Reference] = field(default_factory=list)

    def cite(self, *keys: str) -> Markup:
        """Superscript links to the entries of `LITERATURE` with these keys."""
        return self._mark([LITERATURE[key] for key in keys])

    def cite_source(self, source: str) -> Markup:
        """Cite a source given as ``what: authors year, DOI``, as manifests hold it."""
        what, _, rest = source.partition(": ")
        text, _, doi = rest.rpartition(", ")
        known = next((x for x in LITERATURE.values() if x.link and x.identity == doi.lower()), None)
        return Markup("{}{}").format(
            what, self._mark([known or Reference(text or source, doi if "/" in doi else "")])
        )

    def cite_text(self, citation: str) -> Markup:
        """Cite a publication given in full, its DOI at the end after ``doi:``."""
        text, _, doi = citation.partition(" doi:")
        return self._mark([Reference(text.rstrip(". "), doi.strip().rstrip("."))])

    def _mark(self, references: list[Reference]) -> Markup:
        numbers = []
        for reference in references:
            known = [each.identity for each in self.used]
            if reference.identity not in known:
                self.used.append(reference)
                known.append(reference.identity)
            numbers.append(known.index(reference.identity) + 1)
        links = Markup(", ").join(
            Markup('<a href="#ref-{0}">{0}</a>').format(number) for number in sorted(set(numbers))
        )
        return Markup('<sup class="cite">{}</sup>').format(links)
