// What vectors are made of, by ethers. `viem.mjs` has the same functions by the other library.
import { AbiCoder, Interface, TypedDataEncoder, Wallet, concat, getAddress, id, keccak256 } from 'ethers';

const only = (types, type) => ({ [type]: types[type] });

export const name = 'ethers';
export const checksum = getAddress;
export const hashOfText = id;
export const hashOf = (...parts) => keccak256(concat(parts));
export const encode = (types, values) => AbiCoder.defaultAbiCoder().encode(types, values);
export const domainSeparator = (domain) => TypedDataEncoder.hashDomain(domain);
export const encodeType = (types, type) => TypedDataEncoder.from(only(types, type)).encodeType(type);
export const structHash = (types, type, message) => TypedDataEncoder.from(only(types, type)).hashStruct(type, message);
export const digest = (domain, types, type, message) => TypedDataEncoder.hash(domain, only(types, type), message);
export const addressOf = (privateKey) => new Wallet(privateKey).address;
export const sign = (privateKey, domain, types, type, message) =>
  new Wallet(privateKey).signTypedData(domain, only(types, type), message);

/** `topics` and `data` of the log of an event. */
export const eventLog = (abi, event, values) => {
  const { topics, data } = new Interface(abi).encodeEventLog(event, values);
  return { topics, data };
};
